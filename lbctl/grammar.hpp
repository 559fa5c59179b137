// The command line of lbctl as data: one table from which parsing, usage and completion come.
//
//   lbctl [--run-dir DIR] [--config FILE] [--json] COMMAND [ARGUMENT …] [OPTION …]
//
// Pure: words in, an Invocation or an Error out. Options may stand anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace tandem::ctl {

enum class CommandId : std::uint8_t {
  init, check, status, doctor, drain, enable, weight, reload, failover, maintenance, events, sync, vrrp, metrics, names, schema,
  completion, help, version
};

/// What an argument or the value of an option must look like; completion offers values by it.
enum class ArgumentKind : std::uint8_t {
  text, file, directory, backend, weight, virtual_address, node, interface, daemon, mode, service, names, shell, command
};

struct ArgumentSpec {
  ArgumentKind kind = ArgumentKind::file;
  std::string_view placeholder;  // "GROUP/BACKEND"
  bool required = true;
};

struct OptionSpec {
  std::string_view name;         // "--follow"
  std::string_view placeholder;  // "DIR"; empty for a flag
  std::string_view help;
  ArgumentKind kind = ArgumentKind::text;  // of the value
  bool repeatable = false;
};

struct CommandSpec {
  CommandId id = CommandId::help;
  std::string_view word;
  std::span<const ArgumentSpec> arguments;  // required ones first
  std::span<const OptionSpec> options;      // beside the global ones
  std::string_view summary;                 // one line
  std::string_view details;                 // further lines of `lbctl help COMMAND`, may be empty
};

std::span<const CommandSpec> commands();
std::span<const OptionSpec> global_options();
const CommandSpec& command(CommandId id);
/// nullptr if there is no such command.
const CommandSpec* find_command(std::string_view word);

/// The words of a kind that has a fixed set of them (daemon, mode, service, names, shell, command); else none.
std::vector<std::string_view> words_of(ArgumentKind kind);

/// A backend as the operator names it: "shop/s1".
struct BackendName {
  std::string group;
  std::string backend;
};
std::optional<BackendName> parse_backend(std::string_view text);

inline constexpr std::uint32_t max_weight = 1000;

/// A checked command line.
struct Invocation {
  CommandId command = CommandId::help;
  std::vector<std::string> arguments;  // as many as the command takes, less absent optional ones
  std::string run_dir = "/run/tandem";
  std::optional<std::string> config_file;
  bool json = false;
  std::vector<std::pair<std::string_view, std::string>> options;  // the command's own, in the order given

  [[nodiscard]] bool has(std::string_view option) const;
  /// The value of an option that is given at most once.
  [[nodiscard]] std::optional<std::string> value(std::string_view option) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view option) const;
  /// The configuration that --config names, or the installed one.
  [[nodiscard]] std::string config_path() const;
};

inline constexpr std::string_view default_config_file = "/etc/tandem/tandem.json";

/// `words` are those after the program's name. The error says which word is wrong and what is expected.
Result<Invocation> parse(const std::vector<std::string>& words);

/// True if `words` ask for JSON, even if they do not parse: errors then are JSON, too.
bool wants_json(const std::vector<std::string>& words);

}  // namespace tandem::ctl
