// What lbctl prints, and the exit codes of its contract.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace tandem::ctl {

enum ExitCode : int { exit_ok = 0, exit_failure = 1, exit_usage = 2, exit_not_running = 3 };

/// With --json everything goes to stdout as JSON, errors included; else results go to stdout as text
/// and errors to stderr.
class Output {
 public:
  /// `color` only ever has an effect on text.
  Output(bool json, bool color) : json_(json), color_(color && !json) {}

  [[nodiscard]] bool is_json() const { return json_; }
  [[nodiscard]] bool color() const { return color_; }

  /// Prints as it is.
  void text(std::string_view text) const;
  /// Prints a whole document, indented, with bytes that are not UTF-8 replaced.
  void json(const nlohmann::ordered_json& document) const;
  /// Prints an error with what to do about it, which may be empty; returns `code`.
  [[nodiscard]] int fail(ExitCode code, std::string_view error, std::string_view hint) const;
  /// To stderr, also with --json: not a part of the result.
  void notice(std::string_view text) const;

 private:
  bool json_;
  bool color_;
};

}  // namespace tandem::ctl
