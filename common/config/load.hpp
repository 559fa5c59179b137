// From the text of tandem.json to a checked Config, with every mistake found in one pass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/model.hpp"

namespace tandem::config {

/// One mistake. `path` is where in the document ("listeners[0].port"), `hint` may be empty.
struct Diagnostic {
  std::string file;
  int line = 1;    // from 1
  int column = 1;  // from 1, in bytes
  std::string path;
  std::string message;
  std::string hint;

  /// "file:line:col: path: message (hint)"
  [[nodiscard]] std::string to_string() const;
};

struct LoadOutcome {
  Config config;                         // meaningful only if diagnostics is empty
  std::vector<Diagnostic> diagnostics;   // mistakes, in document order
  /// Features that the file uses and this version does not have yet: "not supported yet: …".
  /// lbctl check reports them; the daemons refuse to start with them.
  std::vector<Diagnostic> unsupported;
  /// True if a daemon may start with `config`.
  [[nodiscard]] bool usable() const { return diagnostics.empty() && unsupported.empty(); }
};

/// Parses and checks `text`; `file` is only used in diagnostics. Opens no file and does not
/// look at the machine (interfaces, key files): that is for the daemons and `lbctl doctor`.
LoadOutcome load(std::string_view text, std::string_view file);

/// Reads `path` (at most 16 MiB) and loads it. A file that cannot be read is one diagnostic at 1:1.
LoadOutcome load_file(const std::string& path);

}  // namespace tandem::config
