// lbctl: inspects and steers the daemons of this node through their control sockets.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "lbctl/commands/commands.hpp"
#include "lbctl/grammar.hpp"
#include "lbctl/output.hpp"

namespace {

using namespace tandem::ctl;

bool stdout_shows_color() {
  const char* terminal = std::getenv("TERM");
  const bool capable = terminal != nullptr && std::string_view(terminal) != "dumb";
  return capable && std::getenv("NO_COLOR") == nullptr && ::isatty(STDOUT_FILENO) == 1;
}

int run(const Invocation& invocation, const Output& output) {
  switch (invocation.command) {
    case CommandId::init: return run_init(invocation, output);
    case CommandId::doctor: return run_doctor(invocation, output);
    case CommandId::names: return run_names(invocation, output);
    case CommandId::schema: return run_schema(invocation, output);
    case CommandId::completion: return run_completion(invocation, output);
    case CommandId::status: return run_status(invocation, output);
    case CommandId::check: return run_check(invocation, output);
    case CommandId::drain:
    case CommandId::enable:
    case CommandId::weight: return run_admin(invocation, output);
    case CommandId::reload: return run_reload(invocation, output);
    case CommandId::failover: return run_failover(invocation, output);
    case CommandId::maintenance: return run_maintenance(invocation, output);
    case CommandId::events: return run_events(invocation, output);
    case CommandId::sync:
    case CommandId::vrrp: return run_show(invocation, output);
    case CommandId::metrics: return run_metrics(invocation, output);
    case CommandId::help: return run_help(invocation, output);
    case CommandId::version: return run_version(invocation, output);
  }
  return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const Output output(wants_json(words), stdout_shows_color());
  try {
    const auto invocation = parse(words);
    if (!invocation) return output.fail(exit_usage, invocation.error().message, "lbctl help lists the commands");
    return run(*invocation, output);
  } catch (const std::exception& error) {
    return output.fail(exit_failure, error.what(), "this is a bug in lbctl");
  }
}
