// Time as a value: monotonic nanoseconds. Core code receives it, and never asks for it.
//
// MonotonicClock has no now() on purpose; shells use common/io/clock.hpp.
#pragma once

#include <chrono>

namespace tandem {

using Duration = std::chrono::nanoseconds;

/// CLOCK_MONOTONIC's time line, without a way to read it.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = MonotonicClock::time_point;

}  // namespace tandem
