#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

// `reply` is an error if the address did not move; else the answer.
Json move(const Invocation& invocation, const std::string& address, Reply& reply) {
  Json request = {{"virtual_address", address}};
  if (const auto node = invocation.value("--to")) request["to"] = *node;
  if (invocation.has("--force")) request["force"] = true;
  reply = call(invocation, "vrrpd", "POST", "/v1/failover",
               request.dump(-1, ' ', false, Json::error_handler_t::replace), std::chrono::seconds(30));
  return reply.ok() ? parse_object(reply) : Json();
}

// ", with vip-b, vip-c (sync group edge)"; empty for an address that moves alone.
std::string company_text(const Json& answer) {
  std::string names;
  for (const Json& name : elements(answer, "with")) {
    if (name.is_string()) names += (names.empty() ? "" : ", ") + printable(name.get_ref<const std::string&>());
  }
  return names.empty() ? names : fmt::format(", with {} (sync group {})", names, text_field(answer, "sync_group"));
}

std::string outcome_text(const std::string& address, const Json& answer) {
  if (!bool_field(answer, "moved", true)) {
    return fmt::format("{}: {} owns it already, nothing to do\n", address, text_field(answer, "to"));
  }
  std::string text = fmt::format("{}: moved from {} to {}", address, text_field(answer, "from", "nobody"),
                                 text_field(answer, "to"));
  const Json& took = member(answer, "took_ms");
  if (took.is_number()) text += fmt::format(" in {:.1f} ms", took.get<double>());
  return text + company_text(answer) + "\n";
}

int move_one(const Invocation& invocation, const Output& output) {
  const std::string& address = invocation.arguments[0];
  Reply reply;
  const Json answer = move(invocation, address, reply);
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) output.json(answer);
  else output.text(outcome_text(address, answer));
  return exit_ok;
}

// Each by itself: one that cannot move does not keep the others.
int move_all(const Invocation& invocation, const Output& output) {
  Reply status = call(invocation, "vrrpd", "GET", "/v1/status");
  const Json known = status.ok() ? parse_object(status) : Json();
  if (!status.ok()) return fail(output, status);
  Json answers = Json::array();
  bool all_moved = true;
  for (const Json& one : elements(known, "virtual_addresses")) {
    const std::string address = text_field(one, "name", "");
    Reply reply;
    Json answer = move(invocation, address, reply);
    if (!reply.ok()) {
      all_moved = false;
      answer = {{"virtual_address", address}, {"error", reply.error}, {"hint", reply.hint}};
      if (!output.is_json()) static_cast<void>(output.fail(exit_failure, address + ": " + reply.error, reply.hint));
    } else if (!output.is_json()) {
      output.text(outcome_text(address, answer));
    }
    answers.push_back(std::move(answer));
  }
  if (output.is_json()) output.json({{"virtual_addresses", answers}});
  return all_moved ? exit_ok : exit_failure;
}

}  // namespace

int run_failover(const Invocation& invocation, const Output& output) {
  return invocation.has("--all") ? move_all(invocation, output) : move_one(invocation, output);
}

}  // namespace tandem::ctl
