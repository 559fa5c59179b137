#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string outcome_text(CommandId id, const std::string& backend, const Json& answer) {
  if (id == CommandId::weight) return fmt::format("{}: weight {}\n", backend, text_field(answer, "weight"));
  if (id == CommandId::enable) return fmt::format("{}: enabled\n", backend);
  const auto active = number_field(answer, "active_connections");
  return fmt::format("{}: draining, {}\n", backend,
                     active == 0 ? std::string("no connection is open") : fmt::format("{} still open", active));
}

}  // namespace

int run_admin(const Invocation& invocation, const Output& output) {
  const auto backend = parse_backend(invocation.arguments[0]);
  Json request = {{"target_group", backend->group}, {"backend", backend->backend}};
  if (invocation.command == CommandId::weight) request["weight"] = std::stoul(invocation.arguments[1]);
  const std::string target = fmt::format("/v1/{}", command(invocation.command).word);
  Reply reply = call(invocation, "lbd", "POST", target, request.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!reply.ok()) return fail(output, reply);
  const Json answer = parse_object(reply);
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) {
    output.json(answer);
  } else {
    output.text(outcome_text(invocation.command, invocation.arguments[0], answer));
  }
  return exit_ok;
}

}  // namespace tandem::ctl
