// When an address that somebody removed is put back: at once, then after pauses that grow while it goes on. Pure.
//
// `ip addr flush` looks again after each round, and removes what it finds until nothing is left: it gets its short pause.
// A network manager that removes the address as often as it is put back meets the longest.
#pragma once

#include <algorithm>

#include "common/base/time.hpp"

namespace tandem::vrrp {

class RestorePace {
 public:
  static constexpr Duration shortest = std::chrono::milliseconds(4);
  static constexpr Duration longest = std::chrono::milliseconds(50);
  static constexpr Duration peace = std::chrono::seconds(1);  // after which it is new again

  /// It was removed at `now`: when to put it back, not before `now`. The next call comes after that.
  TimePoint removed(TimePoint now) {
    if (now - restored_ >= peace) pause_ = Duration::zero();
    restored_ = now + pause_;
    pause_ = std::clamp(2 * pause_, shortest, longest);
    return restored_;
  }

 private:
  TimePoint restored_{};
  Duration pause_{};
};

}  // namespace tandem::vrrp
