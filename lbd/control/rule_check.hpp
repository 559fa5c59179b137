// Whether the workers can run the listeners' rules and header edits, asked before they have to.
#pragma once

#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace tandem::lbd {

/// Compiles what workers will compile and keeps nothing of it. The error names the listener and what cannot be
/// run. Pure.
[[nodiscard]] Result<> check_rules(const config::Config& config);

}  // namespace tandem::lbd
