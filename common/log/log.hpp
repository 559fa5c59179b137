// Daemon log: levels, to stderr, one line per message; the adapter around spdlog.
//
// Use from any thread of the control path. Never on a per-request or per-packet path.
// Messages are for the operator: what happened, to what, why, what to do.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning", "error"; nullopt otherwise.
std::optional<Level> parse_level(std::string_view text);

/// Call once at the start of main. `program` is printed in each line. When stderr is the systemd
/// journal, lines carry a "<N>" priority prefix (sd-daemon(3)) instead of time stamp, program and level.
void init(std::string_view program, Level level);

/// True if file descriptor 2 is the journal's stream that JOURNAL_STREAM names.
[[nodiscard]] bool stderr_is_journal() noexcept;

/// Prints `text` as it is, with a newline at its end: what a compiler or a command line tool would say to its user
/// ("file:line:column: …"), usable before init(). The journal takes it as an error.
void complain(std::string_view text);

[[nodiscard]] bool enabled(Level level) noexcept;

/// Type-erased so that callers do not compile the formatting machinery.
void vwrite(Level level, fmt::string_view format, fmt::format_args args);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) vwrite(Level::debug, format, fmt::make_format_args(args...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) vwrite(Level::info, format, fmt::make_format_args(args...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) vwrite(Level::warning, format, fmt::make_format_args(args...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) vwrite(Level::error, format, fmt::make_format_args(args...));
}

}  // namespace tandem::log
