#include <nlohmann/json.hpp>

#include "common/io/daemon.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/usage.hpp"

namespace tandem::ctl {

int run_help(const Invocation& invocation, const Output& output) {
  if (output.is_json()) {
    output.json(usage_json());
  } else if (invocation.arguments.empty()) {
    output.text(usage());
  } else {
    output.text(usage(*find_command(invocation.arguments[0])));
  }
  return exit_ok;
}

int run_version(const Invocation&, const Output& output) {
  if (output.is_json()) {
    output.json({{"version", io::version()}});
  } else {
    output.text("lbctl " + io::version() + "\n");
  }
  return exit_ok;
}

}  // namespace tandem::ctl
