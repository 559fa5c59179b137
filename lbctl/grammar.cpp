#include "lbctl/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace tandem::ctl {
namespace {

// Optional arguments follow the required ones, so counting them is all there is to it.
std::size_t required_count(const CommandSpec& spec) {
  return static_cast<std::size_t>(std::count_if(spec.arguments.begin(), spec.arguments.end(),
                                                [](const ArgumentSpec& argument) { return argument.required; }));
}

std::string one_of(const std::vector<std::string_view>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

// `what` is what the word belongs to: "weight" or "init --mode".
Result<> check_word(std::string_view what, ArgumentKind kind, std::string_view placeholder, const std::string& word) {
  if (kind == ArgumentKind::backend) {
    if (parse_backend(word)) return {};
    return Error{fmt::format("{}: '{}' is not GROUP/BACKEND (for example shop/s1)", what, word)};
  }
  if (kind == ArgumentKind::weight) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc{} && end == word.data() + word.size() && value <= max_weight) return {};
    return Error{fmt::format("{}: '{}' is not a weight from 0 to {}", what, word, max_weight)};
  }
  if (kind == ArgumentKind::command) {
    if (find_command(word) != nullptr) return {};
    return Error{fmt::format("there is no command '{}'", word)};
  }
  const auto words = words_of(kind);
  if (!words.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
    return Error{fmt::format("{}: '{}' is not one of {}", what, word, one_of(words))};
  }
  if (word.empty()) return Error{fmt::format("{}: {} must not be empty", what, placeholder)};
  return {};
}

Result<> check_arguments(const CommandSpec& spec, const std::vector<std::string>& words) {
  if (words.size() > spec.arguments.size()) {
    return Error{fmt::format("{}: unexpected '{}'", spec.word, words[spec.arguments.size()])};
  }
  if (words.size() < required_count(spec)) {
    return Error{fmt::format("{}: {} is missing", spec.word, spec.arguments[words.size()].placeholder)};
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const ArgumentSpec& argument = spec.arguments[i];
    if (auto good = check_word(spec.word, argument.kind, argument.placeholder, words[i]); !good) return good.error();
  }
  return {};
}

// One address, or all of them to one node.
Result<> check_failover(const Invocation& invocation) {
  if (invocation.command != CommandId::failover) return {};
  if (invocation.has("--all")) {
    if (!invocation.arguments.empty()) return Error{"failover: VIP and --all exclude each other"};
    if (!invocation.has("--to")) return Error{"failover: --all needs --to NODE"};
  } else if (invocation.arguments.empty()) {
    return Error{"failover: VIP is missing"};
  }
  return {};
}

const OptionSpec* find_option(std::span<const OptionSpec> options, std::string_view name) {
  for (const OptionSpec& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

void apply_global(Invocation& invocation, std::string_view name, std::string value) {
  if (name == "--run-dir") invocation.run_dir = std::move(value);
  if (name == "--config") invocation.config_file = std::move(value);
  if (name == "--json") invocation.json = true;
}

// Splits the words into options, which are applied, and plain words; `command_options` is every
// option that any command has, because the command may stand after them.
class Scanner {
 public:
  explicit Scanner(const std::vector<std::string>& words) : words_(words) {}

  Result<> scan(Invocation& invocation) {
    for (; next_ < words_.size(); ++next_) {
      const std::string& word = words_[next_];
      if (!only_words_ && word == "--") {
        only_words_ = true;
      } else if (!only_words_ && word.size() > 1 && word[0] == '-') {
        if (auto good = take_option(invocation); !good) return good.error();
      } else {
        plain.push_back(word);
      }
    }
    return {};
  }

  std::vector<std::string> plain;
  std::vector<std::pair<const OptionSpec*, std::string>> command_options;  // seen ones that are not global

 private:
  Result<> take_option(Invocation& invocation) {
    const std::string& word = words_[next_];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--help" || name == "-h" || name == "--version") {
      plain.insert(plain.begin(), name == "--version" ? "version" : "help");
      return {};
    }
    const OptionSpec* option = lookup(name);
    if (option == nullptr) return Error{fmt::format("there is no option '{}'", name)};
    if (!seen_.insert(option->name).second && !option->repeatable) return Error{fmt::format("{} is given twice", name)};
    if (option->placeholder.empty()) {
      if (equals != std::string::npos) return Error{fmt::format("{} takes no value", name)};
      apply(invocation, *option, {});
      return {};
    }
    std::string value;
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (next_ + 1 < words_.size()) {
      value = words_[++next_];
    }
    if (value.empty()) return Error{fmt::format("{} needs {}", name, option->placeholder)};
    apply(invocation, *option, std::move(value));
    return {};
  }

  void apply(Invocation& invocation, const OptionSpec& option, std::string value) {
    if (find_option(global_options(), option.name) != nullptr) {
      apply_global(invocation, option.name, std::move(value));
    } else {
      command_options.emplace_back(&option, std::move(value));
    }
  }

  static const OptionSpec* lookup(std::string_view name) {
    if (const OptionSpec* option = find_option(global_options(), name)) return option;
    for (const CommandSpec& spec : commands()) {
      if (const OptionSpec* option = find_option(spec.options, name)) return option;
    }
    return nullptr;
  }

  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  bool only_words_ = false;
  std::set<std::string_view> seen_;
};

}  // namespace

bool Invocation::has(std::string_view option) const { return !values(option).empty(); }

std::optional<std::string> Invocation::value(std::string_view option) const {
  auto all = values(option);
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

std::vector<std::string> Invocation::values(std::string_view option) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : options) {
    if (name == option) found.push_back(value);
  }
  return found;
}

std::string Invocation::config_path() const { return config_file.value_or(std::string(default_config_file)); }

std::optional<BackendName> parse_backend(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  return BackendName{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

Result<Invocation> parse(const std::vector<std::string>& words) {
  Invocation invocation;
  Scanner scanner(words);
  if (auto scanned = scanner.scan(invocation); !scanned) return scanned.error();
  if (scanner.plain.empty()) return Error{"a command is missing"};
  const CommandSpec* spec = find_command(scanner.plain.front());
  if (spec == nullptr) return Error{fmt::format("there is no command '{}'", scanner.plain.front())};
  for (auto& [option, value] : scanner.command_options) {
    // Commands share names of options, each with its own meaning.
    const OptionSpec* own = find_option(spec->options, option->name);
    if (own == nullptr) return Error{fmt::format("{} does not take {}", spec->word, option->name)};
    const std::string what = fmt::format("{} {}", spec->word, own->name);
    if (!own->placeholder.empty()) {
      if (auto good = check_word(what, own->kind, own->placeholder, value); !good) return good.error();
    }
    invocation.options.emplace_back(own->name, std::move(value));
  }
  if (invocation.has("--follow") && invocation.has("--once")) return Error{"--follow and --once exclude each other"};
  invocation.command = spec->id;
  invocation.arguments.assign(scanner.plain.begin() + 1, scanner.plain.end());
  if (auto good = check_arguments(*spec, invocation.arguments); !good) return good.error();
  if (auto good = check_failover(invocation); !good) return good.error();
  return invocation;
}

bool wants_json(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "--json") != words.end();
}

}  // namespace tandem::ctl
