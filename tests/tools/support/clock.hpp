// The tools' clock: CLOCK_MONOTONIC, the same for every process and namespace of a lab.
#pragma once

#include <chrono>
#include <cstdint>

namespace tandem::tools {

using Duration = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC in libstdc++
using TimePoint = Clock::time_point;

/// Nanoseconds as CLOCK_MONOTONIC shows them, to compare with other programs' stamps.
inline std::int64_t nanoseconds_of(TimePoint t) {
  return std::chrono::duration_cast<Duration>(t.time_since_epoch()).count();
}

inline double milliseconds_of(Duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace tandem::tools
