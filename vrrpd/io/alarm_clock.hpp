// One timer of the event loop for the alarms of all virtual routers.
//
// Their adverts are due in step, so that one wake-up serves them all; a timer for each would cost more than the adverts.
// Owned by the daemon, io thread only. Nothing here allocates but the making of an Alarm.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <vector>

#include "common/base/time.hpp"

namespace tandem::vrrp {

class Alarm;

class AlarmClock {
 public:
  /// `on_rung`: after each wake-up, when all alarms that were due have rung.
  AlarmClock(boost::asio::io_context& io, std::function<void()> on_rung);
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;

 private:
  friend class Alarm;

  void wake_by(TimePoint time);
  void ring();

  boost::asio::steady_timer timer_;
  std::function<void()> on_rung_;
  std::vector<Alarm*> alarms_;
  std::optional<TimePoint> armed_for_;
  bool ringing_ = false;
};

/// Rings once after it was set, never much later, but perhaps early: a little, to go with others, or because what it was
/// set for has moved on. Whoever set it looks at the time then, and sets it again. It may be destroyed at any time but
/// while it rings itself, and must not outlive the clock.
class Alarm {
 public:
  Alarm(AlarmClock& clock, std::function<void()> on_ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// At `time`, or earlier if it was set to an earlier time and has not rung since.
  void set(TimePoint time);

 private:
  friend class AlarmClock;

  AlarmClock& clock_;
  std::function<void()> on_ring_;
  std::optional<TimePoint> due_;
};

}  // namespace tandem::vrrp
