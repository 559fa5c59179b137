#include "common/io/clock.hpp"

#include <time.h>

namespace tandem::io {

TimePoint now() noexcept {
  timespec value{};
  ::clock_gettime(CLOCK_MONOTONIC, &value);
  return TimePoint(std::chrono::seconds(value.tv_sec) + std::chrono::nanoseconds(value.tv_nsec));
}

}  // namespace tandem::io
