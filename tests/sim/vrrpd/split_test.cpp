// Split brain: every combination of cuts of the LAN (each way), the sync link and the sight of the witnesses, at any moment.
#include <doctest/doctest.h>

#include "tests/sim/vrrpd/simulation.hpp"

namespace tandem::vrrp::sim {
namespace {

constexpr Duration wire_time = milliseconds(5);
constexpr Duration sync_way = milliseconds(3);  // of a heartbeat, at most
// Silence on the LAN, then of the heartbeat: the voices need not end together where links are cut.
constexpr Duration take_over = milliseconds(302 + 100) + sync_way;
// The witnesses are believed to be lost, the peer hears of it and takes over.
constexpr Duration move_away = milliseconds(400 + 100) + take_over;

struct Cut {
  bool a_to_b;  // adverts
  bool b_to_a;
  bool sync;
  bool a_blind;
  bool b_blind;
};

Cut cut_number(unsigned number) {
  return {(number & 1) != 0, (number & 2) != 0, (number & 4) != 0, (number & 8) != 0, (number & 16) != 0};
}

void apply(Simulation& s, const Cut& cut) {
  s.wire.cut_from = {cut.a_to_b, cut.b_to_a};
  s.sync.cut_from = {cut.sync, cut.sync};
  s.blind = {cut.a_blind, cut.b_blind};
}

// A is node 0, the preferred one, and owns.
Simulation pair(std::uint32_t seed, SplitPolicy policy, Duration interval = milliseconds(100)) {
  Simulation s(seed, {.advert_interval = interval, .voices = true, .policy = policy});
  s.boot(0);
  s.boot(1);
  s.run(milliseconds(2000 + s.random()() % 400));
  REQUIRE(s.state(0) == State::active);
  REQUIRE(s.actives() == 1);
  s.measure();
  return s;
}

// The undecidable row: nothing passes, and both believe that they are on the LAN.
bool undecidable(const Cut& cut) { return cut.a_to_b && cut.sync && !cut.a_blind && !cut.b_blind; }

// Who must own in the end: 0, 1, or it does not matter (-1): both are blind and alone, which nobody needs.
int rightful_owner(const Cut& cut) {
  if (!cut.a_blind) return 0;
  if (!cut.b_blind) return 1;
  return cut.sync ? -1 : 0;
}

TEST_CASE("whatever is cut, the matrix's owner owns, and two only where nobody can tell") {
  for (const SplitPolicy policy : {SplitPolicy::availability, SplitPolicy::preferred}) {
    for (std::uint32_t seed = 0; seed < 32 * 60; ++seed) {
      const Cut cut = cut_number(seed % 32);
      CAPTURE(seed);
      CAPTURE(static_cast<int>(policy));
      Simulation s = pair(seed, policy);
      apply(s, cut);
      s.run(move_away + long_silence);
      if (policy == SplitPolicy::preferred || !undecidable(cut)) CHECK(s.longest_shared() <= wire_time);
      s.measure();
      s.run(seconds(3));
      const int owner = rightful_owner(cut);
      // With the policy "preferred" a node that hears nothing of its peer owns nothing, if it is not the preferred one.
      const bool down = owner == 1 && cut.sync && policy == SplitPolicy::preferred;
      if (owner == -1) {
        CHECK(s.actives() <= 1);
      } else if (undecidable(cut) && policy == SplitPolicy::availability) {
        CHECK(s.actives() == 2);
      } else if (down) {
        CHECK(s.actives() <= 1);  // the preferred one may, if it hears the other leave
      } else {
        CHECK(s.state(owner) == State::active);
        CHECK(s.actives() == 1);
        CHECK(s.longest_unowned() == Duration::zero());
      }
      CHECK(s.transitions() == 0);
      REQUIRE(s.failure() == "");
    }
  }
}

TEST_CASE("an owner that becomes unfit says so over the sync link: nobody waits for its silence on the LAN") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed, seed % 2 ? SplitPolicy::preferred : SplitPolicy::availability);
    s.wire.cut_from[0] = true;  // its cable is pulled: no priority 0 leaves it
    s.set_lbd(0, false, false);
    s.run(seconds(2));
    CHECK(s.state(1) == State::active);
    CHECK(s.longest_unowned() <= sync_way + milliseconds(2));  // and Skew_Time
    CHECK(s.longest_shared() == Duration::zero());
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("policy preferred: the other node's address is given up before the preferred one takes it") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed, SplitPolicy::preferred);
    s.fail_over(0);
    s.run(milliseconds(1500 + s.random()() % 300));
    REQUIRE(s.state(1) == State::active);
    s.measure();
    apply(s, cut_number(7));
    s.run(seconds(2));
    CHECK(s.longest_shared() == Duration::zero());
    CHECK(s.state(0) == State::active);
    CHECK(s.actives() == 1);
    REQUIRE(s.failure() == "");
  }
}

// Two stories that the storm found (seeds 603 and 15847 of storm_test.cpp): the LAN is cut, and for half a second more the sync
// link passes one way, from the preferred node, which therefore does not know of the other one's newer epoch.
TEST_CASE("policy preferred: who hears the preferred node own gives up, also with the newer epoch") {
  constexpr Duration to_hear_and_wait = milliseconds(100 + 100) + sync_way;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed, SplitPolicy::preferred);
    if (seed % 2) {  // the preferred node was replaced while it started again, and has not heard of it
      s.pause(0);
      s.run(milliseconds(300 + s.random()() % 300));
      s.die(0);
      s.boot(0);
      s.run(milliseconds(s.random()() % 100));
      s.measure();
    }
    s.wire.cut_from = {true, true};
    s.sync.cut_from = {false, true};
    if (seed % 2 == 0) s.fail_over(1);
    s.run(seconds(3));
    CHECK(s.longest_shared() <= to_hear_and_wait);
    CHECK(s.state(0) == State::active);
    CHECK(s.actives() == 1);
    REQUIRE(s.failure() == "");
  }
}

TEST_CASE("healed in any order there is one owner within the bound, and for good") {
  for (std::uint32_t seed = 0; seed < 32 * 60; ++seed) {
    CAPTURE(seed);
    const Cut before = cut_number(seed % 32);
    Simulation s = pair(seed, seed % 2 ? SplitPolicy::preferred : SplitPolicy::availability);
    apply(s, before);
    s.run(milliseconds(s.random()() % 3000));
    Cut partly = before;  // the sync link first, or the LAN
    if (s.random()() % 2) partly.sync = false;
    else partly.a_to_b = partly.b_to_a = false;
    apply(s, partly);
    s.run(milliseconds(s.random()() % 500));
    apply(s, {});
    s.run(move_away);
    s.measure();
    s.run(seconds(70));  // a node that lost the address several times comes back late, by plan
    CHECK(s.longest_shared() <= wire_time);
    CHECK(s.longest_unowned() == Duration::zero());
    CHECK(s.actives() == 1);
    CHECK(s.state(0) == State::active);
    REQUIRE(s.failure() == "");
  }
}

// Both voices end with the same turn of the owner: the second one costs no more than its way, however the node dies.
TEST_CASE("with all voices a dead owner is replaced as soon as its adverts alone would have it") {
  for (const milliseconds interval : {milliseconds(100), milliseconds(10)}) {
    for (std::uint32_t seed = 0; seed < 1000; ++seed) {
      CAPTURE(seed);
      CAPTURE(interval.count());
      Simulation s = pair(seed, SplitPolicy::availability, interval);
      s.run(microseconds(s.random()() % 100'000));
      s.die(0);
      while (s.state(1) != State::active && s.longest_unowned() < seconds(1)) s.run(microseconds(50));
      const Duration skew = interval * 4 / 256;
      CHECK(s.now() - s.advertised(0) <= 3 * interval + std::max<Duration>(skew, sync_way) + milliseconds(1));
      CHECK(s.now() - s.advertised(0) >= 3 * interval + skew);
      REQUIRE(s.failure() == "");
    }
  }
}

TEST_CASE("a Backup that is often paused does not own beside an owner that only the sync link hears") {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Simulation s = pair(seed, SplitPolicy::availability);
    s.wire.cut_from = {true, false};
    for (int stall = 0; stall < 10; ++stall) {
      s.run(milliseconds(400 + s.random()() % 500));
      s.pause(1);
      s.run(milliseconds(s.random()() % 1000));
      s.resume(1);
    }
    s.run(seconds(1));
    CHECK(s.state(0) == State::active);
    CHECK(s.actives() == 1);
    CHECK(s.longest_shared() == Duration::zero());
    REQUIRE(s.failure() == "");
  }
}

}  // namespace
}  // namespace tandem::vrrp::sim
