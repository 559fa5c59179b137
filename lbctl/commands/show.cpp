#include <nlohmann/json.hpp>

#include "common/io/clock.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {

int run_show(const Invocation& invocation, const Output& output) {
  const bool is_sync = invocation.command == CommandId::sync;
  Reply reply = call(invocation, is_sync ? "syncd" : "vrrpd", "GET", "/v1/status");
  if (!reply.ok()) return fail(output, reply);
  const auto status = parse_object(reply);
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) {
    output.json(status);
  } else {
    output.text(is_sync ? render_sync(status, io::now(), output.color())
                        : render_vrrp(status, io::now(), output.color()));
  }
  return exit_ok;
}

}  // namespace tandem::ctl
