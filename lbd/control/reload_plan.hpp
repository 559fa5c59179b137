// What a reload may change while lbd runs, and what it may not.
#pragma once

#include <string>
#include <vector>

#include "common/config/model.hpp"

namespace tandem::lbd {

struct RestartReason {
  std::string path;     // in the configuration: "workers"
  std::string message;  // "needs a restart: …"
};

/// Pure. What differs between the two and cannot change live; empty: `next` may be applied. Parts that other daemons
/// own (virtual addresses, witnesses, the port of the sync link) do not matter here.
[[nodiscard]] std::vector<RestartReason> reasons_to_restart(const config::Config& running, const config::Config& next);

}  // namespace tandem::lbd
