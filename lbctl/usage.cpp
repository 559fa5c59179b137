#include "lbctl/usage.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_options_shown = 3;

std::string option_text(const OptionSpec& option) {
  return option.placeholder.empty() ? std::string(option.name) : fmt::format("{} {}", option.name, option.placeholder);
}

std::string option_lines(std::span<const OptionSpec> options) {
  std::string text;
  for (const OptionSpec& option : options) text += fmt::format("  {:<32}{}\n", option_text(option), option.help);
  return text;
}

Json options_json(std::span<const OptionSpec> options) {
  Json list = Json::array();
  for (const OptionSpec& option : options) {
    list.push_back({{"option", option.name},
                    {"value", option.placeholder},
                    {"repeatable", option.repeatable},
                    {"help", option.help}});
  }
  return list;
}

}  // namespace

std::string synopsis(const CommandSpec& spec) {
  std::string text(spec.word);
  for (const ArgumentSpec& argument : spec.arguments) {
    text += argument.required ? fmt::format(" {}", argument.placeholder) : fmt::format(" [{}]", argument.placeholder);
  }
  if (spec.options.size() > most_options_shown) return text + " [OPTION …]";
  for (const OptionSpec& option : spec.options) text += fmt::format(" [{}]", option_text(option));
  return text;
}

std::string usage() {
  std::string text = "usage: lbctl [OPTION …] COMMAND [ARGUMENT …]\n\ncommands:\n";
  for (const CommandSpec& spec : commands()) text += fmt::format("  {:<32}{}\n", synopsis(spec), spec.summary);
  text += "\noptions:\n" + option_lines(global_options());
  text += "\nexit status: 0 success, 1 failure or ill health, 2 bad usage or bad configuration, 3 daemon not running\n";
  return text;
}

std::string usage(const CommandSpec& spec) {
  std::string text = fmt::format("usage: lbctl {}\n\n{}\n", synopsis(spec), spec.summary);
  if (!spec.details.empty()) text += fmt::format("{}\n", spec.details);
  text += "\noptions:\n" + option_lines(spec.options) + option_lines(global_options());
  return text;
}

nlohmann::ordered_json usage_json() {
  Json list = Json::array();
  for (const CommandSpec& spec : commands()) {
    Json arguments = Json::array();
    for (const ArgumentSpec& argument : spec.arguments) {
      arguments.push_back({{"argument", argument.placeholder}, {"required", argument.required}});
    }
    list.push_back({{"command", spec.word},
                    {"synopsis", synopsis(spec)},
                    {"summary", spec.summary},
                    {"arguments", std::move(arguments)},
                    {"options", options_json(spec.options)}});
  }
  return {{"commands", std::move(list)}, {"options", options_json(global_options())}};
}

}  // namespace tandem::ctl
