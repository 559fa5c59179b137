// A pair of nodes on a wire that misbehaves, a few thousand seeds of each story.
#include <doctest/doctest.h>

#include "tests/sim/vrrpd/simulation.hpp"

namespace tandem::vrrp::sim {
namespace {

// 100 ms adverts: Active_Down_Interval of the lowest priority (251), and the wire.
constexpr Duration down = milliseconds(302);
constexpr Duration wire_time = milliseconds(1);

Simulation pair(std::uint32_t seed, const Settings& settings = {}) {
  Simulation s(seed, settings);
  s.boot(0);
  s.boot(1);
  s.run(milliseconds(1000));
  s.measure();
  return s;
}

// One thing that goes wrong, or gets well.
void mishap(Simulation& s) {
  const int node = static_cast<int>(s.random()() % 2);
  switch (s.random()() % 13) {
    case 0: s.die(node); break;
    case 1: s.kill_daemon(node); break;
    case 2: s.boot(node); break;
    case 3: s.pause(node); break;
    case 4: s.resume(node); break;
    case 5: s.set_lbd(node, false, false); break;
    case 6: s.set_lbd(node, true, false); break;
    case 7: s.set_lbd(node, true, true); break;
    case 8: s.fail_over(node); break;
    case 9: s.wire.loss = static_cast<double>(s.random()() % 7) / 10; break;
    case 10: s.wire.cut_from[static_cast<std::size_t>(node)] = s.random()() % 2 == 0; break;
    case 11: s.wire.max_delay = milliseconds(1 + s.random()() % 150); s.wire.duplication = 0.2; break;
    default: s.set_in_sync(node, s.random()() % 2 == 0);
  }
}

void calm_down(Simulation& s) {
  s.wire = Wire{};
  for (const int node : {0, 1}) {
    s.resume(node);
    s.boot(node);
    s.set_lbd(node, true, true);
  }
}

TEST_CASE("chaos: after the storm one node owns the address, soon and for good") {
  for (std::uint32_t seed = 0; seed < 100000; ++seed) {
    CAPTURE(seed);
    Simulation s(seed, {.preempt = seed % 3 != 0, .preempt_delay = milliseconds(seed % 5 == 0 ? 500 : 0)});
    s.boot(0);
    s.boot(1);
    const auto mishaps = 1 + s.random()() % 30;
    for (unsigned long i = 0; i < mishaps; ++i) {
      s.run(milliseconds(s.random()() % 250));
      mishap(s);
    }
    calm_down(s);
    s.run(milliseconds(150));  // what is still on the slow wire
    s.measure();
    s.run(seconds(2));
    // Nobody for at most the time to notice; two only until an advert crossed the wire.
    CHECK(s.longest_unowned() <= down + wire_time);
    CHECK(s.longest_shared() <= milliseconds(100) + wire_time);
    CHECK(s.holders() == 1);
    CHECK(s.actives() == 1);
    s.measure();
    s.run(seconds(2));
    CHECK(s.transitions() == 0);
    CHECK(s.longest_unowned() == Duration::zero());
    CHECK(s.longest_shared() == Duration::zero());
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("partition: each side has an owner; healed, one of them within an interval") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed);
    s.run(milliseconds(seed % 400));
    s.wire.cut_from = {true, true};
    s.run(down + wire_time);
    CHECK(s.actives() == 2);
    s.run(milliseconds(s.random()() % 1000));
    s.wire.cut_from = {false, false};
    s.run(milliseconds(100) + wire_time);
    CHECK(s.actives() == 1);
    CHECK(s.state(0) == State::active);
    CHECK(s.longest_unowned() == Duration::zero());
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("no flap: two lost adverts in a row, duplicates and jitter below the skew change nothing") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed);
    s.wire.loss = 0.7;
    s.wire.max_consecutive_losses = 2;
    s.wire.duplication = 0.3;
    s.wire.max_delay = microseconds(1000);
    s.run(seconds(10));
    CHECK(s.transitions() == 0);
    CHECK(s.holders() == 1);
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("three lost adverts are a death: the checks above can fail") {
  Simulation s = pair(1);
  s.wire.loss = 1;
  s.run(milliseconds(450));
  CHECK(s.transitions() > 0);
}

TEST_CASE("the owner dies: silence ends within three intervals and the skew") {
  Duration longest{};
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed);
    s.run(Duration(s.random()() % 200'000'000));
    s.die(0);
    s.run(seconds(1));
    CHECK(s.state(1) == State::active);
    CHECK(s.longest_unowned() <= down);
    longest = std::max(longest, s.longest_unowned());
    REQUIRE(s.failure() == "");
  }
  MESSAGE("longest: " << std::chrono::duration_cast<microseconds>(longest).count() << " us");
}

TEST_CASE("the owner's daemon or its lbd dies: the peer follows within the skew") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed);
    s.run(Duration(s.random()() % 200'000'000));
    if (seed % 2) s.kill_daemon(0);
    else s.set_lbd(0, false, false);
    s.run(seconds(1));
    CHECK(s.state(1) == State::active);
    CHECK(s.longest_unowned() <= milliseconds(2) + wire_time);
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("planned moves: there is an owner at every moment") {
  for (std::uint32_t seed = 0; seed < 10000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed, {.preempt = seed % 2 == 0});
    s.wire.max_delay = milliseconds(5);
    s.wire.duplication = 0.2;
    for (int move = 0; move < 6; ++move) {
      s.run(milliseconds(700 + s.random()() % 500));
      const int owner = s.state(0) == State::active ? 0 : 1;
      REQUIRE(s.state(owner) == State::active);
      switch (s.random()() % 4) {
        case 0: s.fail_over(owner); break;
        case 1: s.fail_over(1 - owner); break;
        case 2: s.set_lbd(owner, true, false); break;
        default: s.stop(owner);
      }
      s.run(milliseconds(150));
      CHECK(s.state(1 - owner) == State::active);
      if (!s.router(owner).holds_addresses()) {
        s.die(owner);  // a stopped one ends; the others lose no more than their memory
        s.boot(owner);
        s.set_lbd(owner, true, true);
      }
    }
    CHECK(s.longest_unowned() == Duration::zero());
    CHECK(s.longest_shared() <= milliseconds(20));
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("a lost priority-0 advert is repeated before the planned release ends") {
  Simulation s = pair(7);
  s.wire.loss = 1;
  s.stop(0);
  s.run(milliseconds(10));
  s.wire.loss = 0;
  s.run(milliseconds(60));
  CHECK(s.state(1) == State::active);
  CHECK(s.longest_unowned() == Duration::zero());
}

TEST_CASE("an operator's failover sticks, whoever asked, until the next one") {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed);
    // The next one may come as soon as the one before has been answered.
    const Duration pause = seed % 2 ? seconds(3) : milliseconds(200);
    const int asked = static_cast<int>(seed / 2 % 2);
    s.fail_over(asked);
    s.run(pause);
    CHECK(s.state(1) == State::active);
    s.fail_over(asked);
    s.run(pause);
    CHECK(s.state(0) == State::active);
    s.fail_over(1 - asked);
    s.run(pause);
    CHECK(s.state(1) == State::active);
    CHECK(s.longest_unowned() == Duration::zero());
    s.die(1);
    s.run(seconds(1));
    CHECK(s.state(0) == State::active);
    REQUIRE(s.failure() == "");
  }
}

}  // namespace
}  // namespace tandem::vrrp::sim
