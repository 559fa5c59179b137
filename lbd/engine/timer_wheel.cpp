#include "lbd/engine/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace tandem::lbd {

void TimerWheel::place(Timer& timer) noexcept {
  timer.unlink();
  const std::int64_t first = current_tick_ + 1;
  const std::int64_t last = current_tick_ + static_cast<std::int64_t>(slots) - 1;
  timer.slot_tick_ = std::clamp(timer.deadline_tick_, first, last);
  const auto index = static_cast<std::size_t>(timer.slot_tick_) % slots;
  slots_[index].push_back(timer);
  occupied_[index / 64] |= std::uint64_t{1} << (index % 64);
}

std::size_t TimerWheel::advance(TimePoint now) {
  const std::int64_t now_tick = tick_of(now);
  if (now_tick <= current_tick_) return 0;
  // After a long sleep every slot is visited once, not once per tick.
  const std::int64_t span = std::min(now_tick - current_tick_, static_cast<std::int64_t>(slots));
  const std::int64_t start = now_tick - span;
  current_tick_ = now_tick;
  std::size_t expired = 0;
  for (std::int64_t at = start + 1; at <= now_tick; ++at) expired += expire_slot(at, now_tick);
  return expired;
}

std::size_t TimerWheel::expire_slot(std::int64_t at_tick, std::int64_t now_tick) {
  const auto index = static_cast<std::size_t>(at_tick) % slots;
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  if ((occupied_[index / 64] & bit) == 0) return 0;
  occupied_[index / 64] &= ~bit;
  // Handlers may arm, disarm and destroy any timer, so the slot is emptied through a private list.
  List due;
  due.splice(slots_[index]);
  std::size_t expired = 0;
  while (!due.empty()) {
    Timer& timer = due.front();
    timer.unlink();
    if (timer.deadline_tick_ == never) continue;
    if (timer.deadline_tick_ > now_tick) {
      place(timer);
      continue;
    }
    timer.deadline_tick_ = never;
    ++expired;
    timer.on_expired();
  }
  return expired;
}

Duration TimerWheel::until_next(TimePoint now) const noexcept {
  const auto first = static_cast<std::size_t>(current_tick_ + 1);
  for (std::size_t step = 0; step < slots;) {
    const std::size_t index = (first + step) % slots;
    const std::uint64_t rest = occupied_[index / 64] >> (index % 64);
    if (rest == 0) {
      step += 64 - index % 64;
      continue;
    }
    const auto found = static_cast<std::size_t>(std::countr_zero(rest)) + step;
    const auto due_tick = current_tick_ + 1 + static_cast<std::int64_t>(found);
    const Duration due{due_tick << tick_shift};
    return std::max(due - now.time_since_epoch(), Duration{0});
  }
  return Duration::max();
}

}  // namespace tandem::lbd
