// The command line of a test tool: "--name value", "--name=value" and "--flag".
//
// Tools are run by scripts: a wrong word ends the program with exit code 2 and a sentence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/support/clock.hpp"

namespace tandem::tools {

/// Ends the program with `code` after writing "PROGRAM: sentence" to stderr.
[[noreturn]] void die(const std::string& sentence, int code = 1);

class Options {
 public:
  /// One known option. A flag takes no value; `fallback` is what get() returns when it is not given.
  struct Known {
    std::string name;
    std::string fallback;
    std::string help;
    bool flag = false;
  };

  /// Parses argv; "--help" prints `about` and the options and exits 0.
  Options(int argc, char** argv, const std::string& about, std::vector<Known> known);

  [[nodiscard]] const std::string& text(const std::string& name) const;
  [[nodiscard]] bool given(const std::string& name) const;
  [[nodiscard]] std::uint64_t number(const std::string& name) const;
  /// "10s", "250ms", "1m"; a bare number means seconds.
  [[nodiscard]] Duration duration(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, bool> given_;
};

}  // namespace tandem::tools
