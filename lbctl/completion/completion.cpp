#include "lbctl/completion/completion.hpp"

#include <fmt/format.h>

#include <set>

namespace tandem::ctl {

std::vector<const OptionSpec*> options_with_value() {
  std::vector<const OptionSpec*> found;
  std::set<std::string_view> seen;
  const auto collect = [&](std::span<const OptionSpec> options) {
    for (const OptionSpec& option : options) {
      if (!option.placeholder.empty() && seen.insert(option.name).second) found.push_back(&option);
    }
  };
  collect(global_options());
  for (const CommandSpec& spec : commands()) collect(spec.options);
  return found;
}

std::string_view names_for(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::backend: return "backends";
    case ArgumentKind::virtual_address: return "vips";
    case ArgumentKind::node: return "nodes";
    case ArgumentKind::text:
    case ArgumentKind::file:
    case ArgumentKind::directory:
    case ArgumentKind::weight:
    case ArgumentKind::interface:
    case ArgumentKind::daemon:
    case ArgumentKind::mode:
    case ArgumentKind::service:
    case ArgumentKind::names:
    case ArgumentKind::shell:
    case ArgumentKind::command: return {};
  }
  return {};
}

std::string shell_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string blank_separated(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace tandem::ctl
