// When an owner announces its addresses by gratuitous ARP: at once, a few times more while other
// hosts may refuse the change (their ARP lock time is about a second) or lose it, then rarely.
//
// Pure. After start(): due at 0, 20, 100, 300 ms, 1.2 s, 5 s, then every 60 s.
#pragma once

#include <cstddef>
#include <optional>

#include "common/base/time.hpp"

namespace tandem::vrrp {

class AnnounceSchedule {
 public:
  /// Begins (again) with the first step, due at `now`.
  void start(TimePoint now);
  void stop() { next_.reset(); }

  /// True if an announcement is to be sent now; moves on to the next step. Steps that a late
  /// caller missed are merged into one.
  bool take_due(TimePoint now);

  /// nullopt when stopped.
  [[nodiscard]] std::optional<TimePoint> deadline() const { return next_; }

 private:
  std::optional<TimePoint> next_;
  TimePoint started_{};
  std::size_t step_ = 0;
};

}  // namespace tandem::vrrp
