// How often dropped packets may be logged: the first of each cause at once, then one line for all of a while.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/time.hpp"
#include "vrrpd/core/drop.hpp"

namespace tandem::vrrp {

class DropLog {
 public:
  static constexpr Duration pause = std::chrono::seconds(10);
  /// For what another router on the LAN says all the time, and may.
  static constexpr Duration long_pause = std::chrono::minutes(10);

  /// One more packet. Returns how many there were since the last line of this cause if one is due after `after`, else 0.
  std::uint64_t note(Drop cause, TimePoint now, Duration after = pause) {
    Entry& entry = entries_[static_cast<std::size_t>(cause)];
    ++entry.unsaid;
    if (entry.said && now < *entry.said + after) return 0;
    entry.said = now;
    return std::exchange(entry.unsaid, 0);
  }

 private:
  struct Entry {
    std::optional<TimePoint> said;
    std::uint64_t unsaid = 0;
  };
  std::array<Entry, drop_causes> entries_{};
};

}  // namespace tandem::vrrp
