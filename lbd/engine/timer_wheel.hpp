// Deadlines of one worker: a hashed wheel of coarse ticks, re-armed lazily.
//
// Most deadlines never expire: they are moved on with every request. So a later deadline is only
// stored in the timer, which stays where it is in the wheel; when its slot comes up, it is put
// where it belongs now. Only an earlier deadline moves it at once. Nothing here is a system call.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/time.hpp"
#include "lbd/engine/intrusive_list.hpp"

namespace tandem::lbd {

struct TimerTag;

/// Something with a deadline. May be destroyed at any time, armed or not.
class Timer : public TaggedHook<TimerTag> {
 public:
  /// The deadline has passed; the timer is disarmed. May arm it again, or destroy it.
  virtual void on_expired() = 0;

 protected:
  virtual ~Timer() = default;

 private:
  friend class TimerWheel;
  std::int64_t deadline_tick_ = 0;  // never: max
  std::int64_t slot_tick_ = 0;      // of the slot it is linked in
};

class TimerWheel {
 public:
  /// One tick, about 8.4 ms: timers expire up to this late, never early.
  static constexpr int tick_shift = 23;
  static constexpr Duration tick = Duration{std::int64_t{1} << tick_shift};

  explicit TimerWheel(TimePoint now) : current_tick_(tick_of(now)) {}

  /// Sets or replaces the deadline; one in the past expires at the next advance() to a new tick.
  void arm(Timer& timer, TimePoint deadline) noexcept {
    timer.deadline_tick_ = tick_of(deadline) + 1;
    if (!timer.linked() || timer.deadline_tick_ < timer.slot_tick_) place(timer);
  }
  /// Forgets the deadline: one store.
  static void disarm(Timer& timer) noexcept { timer.deadline_tick_ = never; }

  /// Expires what is due at `now`; returns how many timers did.
  std::size_t advance(TimePoint now);

  /// Upper bound for sleeping: no timer is due earlier. Duration::max(): no timer is placed.
  [[nodiscard]] Duration until_next(TimePoint now) const noexcept;

 private:
  static constexpr std::int64_t never = INT64_MAX;
  static constexpr std::size_t slots = 2048;  // one turn of the wheel: about 17 s
  using List = IntrusiveList<Timer, TimerTag>;

  static std::int64_t tick_of(TimePoint at) noexcept { return at.time_since_epoch().count() >> tick_shift; }
  void place(Timer& timer) noexcept;
  std::size_t expire_slot(std::int64_t at_tick, std::int64_t now_tick);

  std::int64_t current_tick_;  // everything up to this tick has been expired
  std::array<List, slots> slots_;
  std::array<std::uint64_t, slots / 64> occupied_{};  // a set bit may be stale, a clear one never
};

}  // namespace tandem::lbd
