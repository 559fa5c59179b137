#include "lbctl/grammar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace tandem::ctl {
namespace {

constexpr std::array file_argument = {ArgumentSpec{ArgumentKind::file, "FILE", false}};
constexpr std::array backend_argument = {ArgumentSpec{ArgumentKind::backend, "GROUP/BACKEND", true}};
constexpr std::array weight_arguments = {ArgumentSpec{ArgumentKind::backend, "GROUP/BACKEND", true},
                                         ArgumentSpec{ArgumentKind::weight, "N", true}};
constexpr std::array address_argument = {ArgumentSpec{ArgumentKind::virtual_address, "VIP", true}};
constexpr std::array daemon_argument = {ArgumentSpec{ArgumentKind::daemon, "lbd|vrrpd|syncd", false}};
constexpr std::array command_argument = {ArgumentSpec{ArgumentKind::command, "COMMAND", false}};

constexpr std::array event_options = {
    OptionSpec{"--follow", "", "go on with new events as they happen (with --json: the default)"},
    OptionSpec{"--once", "", "end after the recent events, with --json, too"},
};

constexpr std::array global_option_table = {
    OptionSpec{"--run-dir", "DIR", "where the daemons' control sockets are (default: /run/tandem)"},
    OptionSpec{"--config", "FILE", "the configuration (default: /etc/tandem/tandem.json)"},
    OptionSpec{"--json", "", "print JSON, errors included"},
};

constexpr std::array command_table = {
    CommandSpec{CommandId::status, "status", {}, {},
                "this node on one screen: daemons, addresses, sync, backends, problems",
                "Exit status 0 if all is well, 1 if there are problems, 3 if no daemon is running."},
    CommandSpec{CommandId::check, "check", file_argument, {},
                "check a configuration file and print every mistake in it",
                "FILE defaults to --config. Exit status 2 if a daemon would refuse to start with it."},
    CommandSpec{CommandId::drain, "drain", backend_argument, {},
                "give a backend no new traffic; what is open may finish",
                "Replicated to the peer; lasts until `lbctl enable`, through reloads and restarts."},
    CommandSpec{CommandId::enable, "enable", backend_argument, {}, "end the draining of a backend", ""},
    CommandSpec{CommandId::weight, "weight", weight_arguments, {},
                "set a backend's share of the traffic (0 to 1000; 0: none that is new)",
                "Replicated to the peer; overrides the configuration, through reloads and restarts."},
    CommandSpec{CommandId::reload, "reload", {}, {},
                "make lbd read its configuration again; no connection is cut",
                "A configuration with mistakes is refused, and the running one stays. Exit status 2 then."},
    CommandSpec{CommandId::failover, "failover", address_argument, {},
                "move a virtual address to the other node, and wait until it is there", ""},
    CommandSpec{CommandId::events, "events", {}, event_options,
                "what happened: take-overs, health, reloads, each with its cause",
                "With --json one object a line; time_ns is CLOCK_MONOTONIC."},
    CommandSpec{CommandId::sync, "sync", {}, {}, "replication in detail: peer, lag, tables", ""},
    CommandSpec{CommandId::vrrp, "vrrp", {}, {}, "virtual addresses in detail: priorities, adverts, drops", ""},
    CommandSpec{CommandId::metrics, "metrics", daemon_argument, {},
                "a daemon's Prometheus metrics (default: lbd's)", ""},
    CommandSpec{CommandId::help, "help", command_argument, {}, "this text, or all about one command", ""},
    CommandSpec{CommandId::version, "version", {}, {}, "the version of lbctl", ""},
};

// Optional arguments follow the required ones, so counting them is all there is to it.
std::size_t required_count(const CommandSpec& spec) {
  return static_cast<std::size_t>(std::count_if(spec.arguments.begin(), spec.arguments.end(),
                                                [](const ArgumentSpec& argument) { return argument.required; }));
}

Result<> check_argument(const CommandSpec& spec, const ArgumentSpec& argument, const std::string& word) {
  switch (argument.kind) {
    case ArgumentKind::file:
    case ArgumentKind::virtual_address:
      if (word.empty()) return Error{fmt::format("{}: {} must not be empty", spec.word, argument.placeholder)};
      return {};
    case ArgumentKind::backend:
      if (parse_backend(word)) return {};
      return Error{fmt::format("{}: '{}' is not GROUP/BACKEND (for example shop/s1)", spec.word, word)};
    case ArgumentKind::weight: {
      std::uint32_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error == std::errc{} && end == word.data() + word.size() && value <= max_weight) return {};
      return Error{fmt::format("{}: '{}' is not a weight from 0 to {}", spec.word, word, max_weight)};
    }
    case ArgumentKind::daemon:
      if (word == "lbd" || word == "vrrpd" || word == "syncd") return {};
      return Error{fmt::format("{}: '{}' is not one of lbd, vrrpd, syncd", spec.word, word)};
    case ArgumentKind::command:
      if (find_command(word) != nullptr) return {};
      return Error{fmt::format("there is no command '{}'", word)};
  }
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
    if (auto good = check_argument(spec, spec.arguments[i], words[i]); !good) return good.error();
  }
  return {};
}

const OptionSpec* find_option(std::span<const OptionSpec> options, std::string_view name) {
  for (const OptionSpec& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

void apply_option(Invocation& invocation, std::string_view name, std::string value) {
  if (name == "--run-dir") invocation.run_dir = std::move(value);
  if (name == "--config") invocation.config_file = std::move(value);
  if (name == "--json") invocation.json = true;
  if (name == "--follow") invocation.follow = true;
  if (name == "--once") invocation.once = true;
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
  std::vector<std::string_view> command_options;  // seen ones that are not global

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
    if (!seen_.insert(option->name).second) return Error{fmt::format("{} is given twice", name)};
    if (option->placeholder.empty()) {
      if (equals != std::string::npos) return Error{fmt::format("{} takes no value", name)};
      apply_option(invocation, option->name, {});
      return {};
    }
    std::string value;
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (next_ + 1 < words_.size()) {
      value = words_[++next_];
    }
    if (value.empty()) return Error{fmt::format("{} needs {}", name, option->placeholder)};
    apply_option(invocation, option->name, std::move(value));
    return {};
  }

  const OptionSpec* lookup(std::string_view name) {
    if (const OptionSpec* option = find_option(global_option_table, name)) return option;
    for (const CommandSpec& spec : command_table) {
      if (const OptionSpec* option = find_option(spec.options, name)) {
        command_options.push_back(option->name);
        return option;
      }
    }
    return nullptr;
  }

  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  bool only_words_ = false;
  std::set<std::string_view> seen_;
};

}  // namespace

std::span<const CommandSpec> commands() { return command_table; }

std::span<const OptionSpec> global_options() { return global_option_table; }

const CommandSpec& command(CommandId id) {
  const auto* found =
      std::find_if(command_table.begin(), command_table.end(), [id](const CommandSpec& spec) { return spec.id == id; });
  TANDEM_ASSERT(found != command_table.end());
  return *found;
}

const CommandSpec* find_command(std::string_view word) {
  for (const CommandSpec& spec : command_table) {
    if (spec.word == word) return &spec;
  }
  return nullptr;
}

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
  for (const std::string_view option : scanner.command_options) {
    if (find_option(spec->options, option) == nullptr) {
      return Error{fmt::format("{} does not take {}", spec->word, option)};
    }
  }
  if (invocation.follow && invocation.once) return Error{"--follow and --once exclude each other"};
  invocation.command = spec->id;
  invocation.arguments.assign(scanner.plain.begin() + 1, scanner.plain.end());
  if (auto good = check_arguments(*spec, invocation.arguments); !good) return good.error();
  return invocation;
}

bool wants_json(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "--json") != words.end();
}

}  // namespace tandem::ctl
