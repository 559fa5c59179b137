// Many alarms on one timer: none is late, none rings for nothing, and each may come and go.
#include "vrrpd/io/alarm_clock.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/io/clock.hpp"

using namespace tandem;        // NOLINT: test
using namespace tandem::vrrp;  // NOLINT: test
using std::chrono::milliseconds;

namespace {

struct Clock {
  boost::asio::io_context io;
  int wake_ups = 0;
  AlarmClock alarms{io, [this] { ++wake_ups; }};

  void run_until(const std::function<bool()>& done) {
    const TimePoint deadline = io::now() + std::chrono::seconds(5);
    while (!done() && io::now() < deadline) {
      if (io.stopped()) io.restart();  // nothing was set before
      io.run_one_for(milliseconds(100));
    }
    REQUIRE(done());
  }
};

}  // namespace

TEST_CASE("alarms that are due together ring in one wake-up") {
  Clock clock;
  const TimePoint due = io::now() + milliseconds(20);
  int rung = 0;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 255; ++i) {
    alarms.push_back(std::make_unique<Alarm>(clock.alarms, [&rung] { ++rung; }));
    alarms.back()->set(due + milliseconds(i % 3));
  }
  clock.run_until([&rung] { return rung == 255; });
  CHECK(clock.wake_ups == 1);
  CHECK(io::now() >= due);
}

TEST_CASE("one that is far off stays silent while others ring, and rings in its turn") {
  Clock clock;
  const TimePoint begun = io::now();
  std::optional<TimePoint> near_at;
  std::optional<TimePoint> far_at;
  Alarm far(clock.alarms, [&far_at] { far_at = io::now(); });
  Alarm near(clock.alarms, [&near_at] { near_at = io::now(); });
  far.set(begun + milliseconds(150));
  near.set(begun + milliseconds(5));
  clock.run_until([&near_at] { return near_at.has_value(); });
  CHECK((!far_at || *far_at >= begun + milliseconds(140)));  // else the machine stood still
  clock.run_until([&far_at] { return far_at.has_value(); });
  CHECK(*far_at >= begun + milliseconds(140));
}

TEST_CASE("the earlier of two times holds, until it has rung") {
  Clock clock;
  const TimePoint begun = io::now();
  int rung = 0;
  Alarm alarm(clock.alarms, [&rung] { ++rung; });
  alarm.set(begun + milliseconds(20));
  alarm.set(begun + std::chrono::hours(1));
  clock.run_until([&rung] { return rung == 1; });
  alarm.set(begun + milliseconds(40));
  clock.run_until([&rung] { return rung == 2; });
  CHECK(clock.wake_ups == 2);
}

TEST_CASE("an alarm may be set again while it rings, and others may go meanwhile") {
  Clock clock;
  const TimePoint begun = io::now();
  int rung = 0;
  auto leaver = std::make_unique<Alarm>(clock.alarms, [&rung] { rung += 100; });
  std::unique_ptr<Alarm> repeater;
  repeater = std::make_unique<Alarm>(clock.alarms, [&] {
    leaver.reset();
    if (++rung < 3) repeater->set(begun + milliseconds(10));
  });
  Alarm last(clock.alarms, [&rung] { rung += 10; });
  repeater->set(begun + milliseconds(10));
  clock.run_until([&rung] { return rung == 3; });
  last.set(begun + milliseconds(12));
  clock.run_until([&rung] { return rung == 13; });
}
