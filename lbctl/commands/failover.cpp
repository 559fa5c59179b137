#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {

using Json = nlohmann::ordered_json;

int run_failover(const Invocation& invocation, const Output& output) {
  const std::string& address = invocation.arguments[0];
  const Json request = {{"virtual_address", address}};
  Reply reply = call(invocation, "vrrpd", "POST", "/v1/failover",
                     request.dump(-1, ' ', false, Json::error_handler_t::replace), std::chrono::seconds(30));
  if (!reply.ok()) return fail(output, reply);
  const Json answer = parse_object(reply);
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) {
    output.json(answer);
  } else {
    output.text(fmt::format("{}: moved from {} to {}\n", address, text_field(answer, "from"), text_field(answer, "to")));
  }
  return exit_ok;
}

}  // namespace tandem::ctl
