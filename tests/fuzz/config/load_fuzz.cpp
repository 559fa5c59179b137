// Any text may be offered as a configuration: it loads, or every mistake has a place in it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/config/load.hpp"

namespace {

using namespace tandem::config;

void check_positions(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  int last_line = 1;
  for (const Diagnostic& diagnostic : diagnostics) {
    TANDEM_ASSERT(diagnostic.line >= last_line && diagnostic.line <= lines);
    TANDEM_ASSERT(diagnostic.column >= 1);
    TANDEM_ASSERT(!diagnostic.message.empty());
    TANDEM_ASSERT(diagnostic.to_string().find('\n') == std::string::npos);
    last_line = diagnostic.line;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LoadOutcome outcome = load(text, "fuzz");
  check_positions(outcome.diagnostics, text);
  check_positions(outcome.unsupported, text);
  if (outcome.diagnostics.empty()) TANDEM_ASSERT(outcome.config.version == 1);
  return 0;
}
