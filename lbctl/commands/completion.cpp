#include <nlohmann/json.hpp>

#include "common/config/json_schema.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/completion/completion.hpp"

namespace tandem::ctl {
namespace {

std::string script_for(const std::string& shell) {
  if (shell == "bash") return bash_completion();
  return shell == "zsh" ? zsh_completion() : fish_completion();
}

}  // namespace

int run_completion(const Invocation& invocation, const Output& output) {
  const std::string& shell = invocation.arguments[0];
  if (output.is_json()) {
    output.json({{"shell", shell}, {"script", script_for(shell)}});
  } else {
    output.text(script_for(shell));
  }
  return exit_ok;
}

int run_schema(const Invocation&, const Output& output) {
  output.text(config::json_schema());
  return exit_ok;
}

}  // namespace tandem::ctl
