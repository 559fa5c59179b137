#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string moved_text(const Json& answer) {
  std::string names;
  for (const Json& name : elements(answer, "moved")) {
    if (name.is_string()) names += (names.empty() ? "" : ", ") + printable(name.get_ref<const std::string&>());
  }
  return names.empty() ? std::string() : fmt::format("handed over: {}\n", names);
}

int show(const Invocation& invocation, const Output& output) {
  Reply reply = call(invocation, "vrrpd", "GET", "/v1/status");
  const Json status = reply.ok() ? parse_object(reply) : Json();
  if (!reply.ok()) return fail(output, reply);
  const Json& maintenance = member(status, "maintenance");
  if (output.is_json()) output.json(maintenance);
  else output.text(fmt::format("{}: {}\n", text_field(status, "node"), maintenance_text(maintenance)));
  return exit_ok;
}

}  // namespace

int run_maintenance(const Invocation& invocation, const Output& output) {
  if (invocation.arguments[0] == "status") return show(invocation, output);
  Json request = {{"on", invocation.arguments[0] == "on"}};
  if (const auto reason = invocation.value("--reason")) request["reason"] = *reason;
  if (invocation.has("--force")) request["force"] = true;
  Reply reply = call(invocation, "vrrpd", "POST", "/v1/maintenance",
                     request.dump(-1, ' ', false, Json::error_handler_t::replace), std::chrono::seconds(30));
  const Json answer = reply.ok() ? parse_object(reply) : Json();
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) output.json(answer);
  else output.text(moved_text(answer) + maintenance_text(answer) + "\n");
  return exit_ok;
}

}  // namespace tandem::ctl
