#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/metrics_text.hpp"

namespace tandem::ctl {

int run_metrics(const Invocation& invocation, const Output& output) {
  const std::string daemon = invocation.arguments.empty() ? "lbd" : invocation.arguments[0];
  const Reply reply = call(invocation, daemon, "GET", "/metrics");
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) {
    output.json({{"daemon", daemon}, {"samples", parse_metrics(reply.body)}});
  } else {
    output.text(reply.body);
  }
  return exit_ok;
}

}  // namespace tandem::ctl
