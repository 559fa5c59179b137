// Keeps a node that loses its address again and again (a flapping link, a starved daemon) from taking it back at once each
// time: the first loss costs nothing, the following ones 1, 2, 4 ... 60 s, until a minute passes without one. Pure.
//
// It concerns preemption only: from a peer that is dead the node takes over without delay.
#pragma once

#include <algorithm>

#include "common/base/time.hpp"

namespace tandem::vrrp {

class Damping {
 public:
  /// The address was lost, not by plan.
  void lost(TimePoint now) {
    if (now >= calm_at_) next_hold_ = Duration::zero();
    until_ = now + next_hold_;
    calm_at_ = until_ + longest;
    next_hold_ = std::clamp(2 * next_hold_, Duration(std::chrono::seconds(1)), longest);
  }
  /// True while the node shall not preempt.
  [[nodiscard]] bool holds(TimePoint now) const { return now < until_; }

 private:
  static constexpr Duration longest = std::chrono::seconds(60);
  TimePoint until_{};
  TimePoint calm_at_{};
  Duration next_hold_{};
};

}  // namespace tandem::vrrp
