// The open-loop schedule: which request is due when. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "tests/tools/probe/record.hpp"

namespace tandem::tools {

/// Requests of each stream at a constant rate; the streams' first requests are staggered.
class Schedule {
 public:
  struct Due {
    TimePoint at;
    Stream stream;
    std::uint64_t number;  // counts within its stream
  };

  Schedule(TimePoint start, double new_rate, double keepalive_rate, double sticky_rate)
      : start_(start), rates_{new_rate, keepalive_rate, sticky_rate} {}

  /// The earliest request that was not taken yet. At least one rate must be positive.
  [[nodiscard]] Due next() const {
    Due earliest{TimePoint::max(), Stream::fresh, 0};
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      if (rates_[i] <= 0) continue;
      const double stagger = static_cast<double>(i) / 3;
      const double seconds = (static_cast<double>(taken_[i]) + stagger) / rates_[i];
      const TimePoint at = start_ + Duration(static_cast<std::int64_t>(seconds * 1e9));
      if (at < earliest.at) earliest = {at, static_cast<Stream>(i), taken_[i]};
    }
    return earliest;
  }

  void take(const Due& due) { taken_[static_cast<std::size_t>(due.stream)] = due.number + 1; }

 private:
  TimePoint start_;
  std::array<double, 3> rates_;
  std::array<std::uint64_t, 3> taken_{};
};

}  // namespace tandem::tools
