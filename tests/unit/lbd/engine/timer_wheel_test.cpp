#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "lbd/engine/timer_wheel.hpp"

using namespace tandem;
using namespace tandem::lbd;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct TestTimer final : Timer {
  TestTimer() = default;
  int fired = 0;
  std::function<void()> action;
  void on_expired() override {
    ++fired;
    if (action) action();
  }
};

constexpr TimePoint start{seconds(1000)};

}  // namespace

TEST_CASE("a timer fires once, not early and at most a tick late") {
  for (const Duration delay : {Duration(0), Duration(milliseconds(1)), Duration(milliseconds(100)), Duration(seconds(16)),
                               Duration(seconds(18)), Duration(seconds(60)), Duration(hours(1))}) {
    TimerWheel wheel(start);
    TestTimer timer;
    wheel.arm(timer, start + delay);
    TimePoint now = start;
    while (timer.fired == 0) {
      now += milliseconds(3);
      wheel.advance(now);
      REQUIRE(now <= start + delay + 2 * TimerWheel::tick + milliseconds(3));
    }
    CHECK(now >= start + delay);
    wheel.advance(now + hours(2));
    CHECK(timer.fired == 1);
  }
}

TEST_CASE("a later deadline replaces an earlier one, and the other way round") {
  TimerWheel wheel(start);
  TestTimer timer;
  wheel.arm(timer, start + seconds(1));
  wheel.arm(timer, start + seconds(5));
  wheel.advance(start + seconds(2));
  CHECK(timer.fired == 0);
  wheel.arm(timer, start + seconds(3));
  wheel.advance(start + seconds(4));
  CHECK(timer.fired == 1);
}

TEST_CASE("a disarmed or destroyed timer does not fire") {
  TimerWheel wheel(start);
  TestTimer disarmed;
  auto destroyed = std::make_unique<TestTimer>();
  wheel.arm(disarmed, start + seconds(1));
  wheel.arm(*destroyed, start + seconds(1));
  TimerWheel::disarm(disarmed);
  destroyed.reset();
  CHECK(wheel.advance(start + seconds(2)) == 0);
  CHECK(disarmed.fired == 0);
}

TEST_CASE("a handler may destroy its neighbours and arm itself again") {
  TimerWheel wheel(start);
  std::vector<std::unique_ptr<TestTimer>> timers(10);
  int fired = 0;
  for (auto& timer : timers) {
    timer = std::make_unique<TestTimer>();
    wheel.arm(*timer, start + seconds(1));
    timer->action = [&] {
      ++fired;
      TestTimer* const survivor = timers[0].get();
      for (auto& other : timers) {
        if (other.get() != survivor) other.reset();
      }
      wheel.arm(*survivor, start + seconds(3));
    };
  }
  wheel.advance(start + seconds(2));
  CHECK(fired == 1);
  wheel.advance(start + seconds(4));
  CHECK(fired == 2);
}

TEST_CASE("until_next never lets a deadline pass, and is unbounded when there is none") {
  TimerWheel wheel(start);
  CHECK(wheel.until_next(start) == Duration::max());
  TestTimer timer;
  wheel.arm(timer, start + seconds(7));
  CHECK(wheel.until_next(start) >= seconds(7));
  CHECK(wheel.until_next(start) <= seconds(7) + 2 * TimerWheel::tick);
  wheel.advance(start + seconds(6));
  CHECK(wheel.until_next(start + seconds(6)) <= seconds(1) + 2 * TimerWheel::tick);
}

TEST_CASE("property: any sequence of arm, disarm and advance fires exactly what is due") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    TimerWheel wheel(start);
    constexpr std::size_t count = 50;
    std::vector<TestTimer> timers(count);
    std::vector<TimePoint> due(count, TimePoint::max());
    TimePoint now = start;
    for (int step = 0; step < 2000; ++step) {
      const std::size_t which = random() % count;
      switch (random() % 3) {
        case 0:
          due[which] = now + milliseconds(random() % (random() % 2 == 0 ? 500 : 40'000));
          wheel.arm(timers[which], due[which]);
          break;
        case 1:
          due[which] = TimePoint::max();
          TimerWheel::disarm(timers[which]);
          break;
        default:
          // Sleep as long as the wheel allows, or a random while.
          const Duration allowed = wheel.until_next(now);
          now += std::min(allowed, Duration(milliseconds(random() % 3000)));
          wheel.advance(now);
          for (std::size_t i = 0; i < count; ++i) {
            const bool fired = timers[i].fired > 0;
            timers[i].fired = 0;
            if (fired) {
              REQUIRE(due[i] <= now);
              due[i] = TimePoint::max();
            }
            REQUIRE((due[i] == TimePoint::max() || due[i] + 2 * TimerWheel::tick > now));
          }
      }
    }
  }
}
