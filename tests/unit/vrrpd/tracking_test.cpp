// Tracked conditions: thresholds, weights under the operator's word, and what a router makes of them.
#include <doctest/doctest.h>

#include <string_view>

#include "tests/unit/vrrpd/fsm_support.hpp"
#include "vrrpd/core/handicap.hpp"
#include "vrrpd/core/threshold.hpp"
#include "vrrpd/core/virtual_router.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary
using Preemption = VirtualRouter::Preemption;

constexpr Surroundings fit{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true,
                           .in_sync = true};

Surroundings failing(std::uint32_t weights) {
  Surroundings s = fit;
  s.failing_weights = weights;
  return s;
}

Surroundings unfit() {
  Surroundings s = fit;
  s.tracked_hold = false;
  return s;
}

// "+" a good look, "-" a bad one; the verdicts after each: "1", "0".
std::string verdicts(Threshold threshold, std::string_view looks) {
  std::string out;
  for (const char look : looks) {
    const auto before = threshold.holds();
    const bool changed = threshold.look(look == '+');
    CHECK(changed == (before != threshold.holds()));
    out += threshold.holds().value() ? '1' : '0';
  }
  return out;
}

TEST_CASE("thresholds: the first look decides, then only looks in a row do") {
  CHECK_FALSE(Threshold(3, 2).holds().has_value());
  CHECK(verdicts({3, 2}, "+---") == "1110");
  CHECK(verdicts({3, 2}, "-++") == "001");
  CHECK(verdicts({3, 2}, "+--+--+---") == "1111111110");  // a good one between starts the count anew
  CHECK(verdicts({3, 2}, "-+-+-++") == "0000001");
  CHECK(verdicts({1, 1}, "+-+-") == "1010");
}

TEST_CASE("weights lower a priority, never below 1") {
  Handicap handicap;
  CHECK(handicap.lower(253) == 253);
  handicap.set(10);
  CHECK(handicap.lower(253) == 243);
  CHECK(handicap.in_force());
  handicap.set(252);
  CHECK(handicap.lower(253) == 1);
  handicap.set(100'000);
  CHECK(handicap.lower(253) == 1);
}

TEST_CASE("what failed when the operator moved the address here does not count, what fails afterwards does") {
  Handicap handicap;
  handicap.set(10);
  handicap.accept();
  CHECK(handicap.lower(253) == 253);
  CHECK_FALSE(handicap.in_force());
  handicap.set(15);
  CHECK(handicap.lower(253) == 248);
  handicap.set(0);
  handicap.set(10);  // well meanwhile: that it fails again is news
  CHECK(handicap.lower(253) == 243);
  handicap.accept();
  handicap.forget();
  CHECK(handicap.lower(253) == 243);
}

TEST_CASE("a new owner got worse if it is less fit than at its best") {
  NewOwner owner;
  owner.heard(242);
  CHECK_FALSE(owner.got_worse());
  owner.heard(252);
  CHECK_FALSE(owner.got_worse());
  owner.heard(242);
  CHECK(owner.got_worse());
  owner.heard(252);
  CHECK_FALSE(owner.got_worse());
}

VirtualRouter router_with(bool preferred = true, Duration preempt_delay = {}) {
  return VirtualRouter({.preferred = preferred, .preempt = true, .preempt_delay = preempt_delay, .address = own,
                        .most_weights = 30});
}

VirtualRouter backup(bool preferred, const Surroundings& surroundings = fit) {
  VirtualRouter router = router_with(preferred);
  router.update(surroundings, start);
  return router;
}

VirtualRouter active(TimePoint& now, bool preferred = true) {
  VirtualRouter router = backup(preferred);
  now = *router.protocol_deadline();
  router.on_time(now);
  REQUIRE(router.state() == State::active);
  return router;
}

// Hears `priority` each 100 ms for `count` times, and serves the timers; true if it became Active.
bool takes_from(VirtualRouter& router, std::uint8_t priority, TimePoint& now, int count = 5) {
  for (int i = 0; i < count; ++i) {
    router.advert(heard(priority), now);
    const TimePoint until = now + milliseconds(100);
    while (router.deadline() && *router.deadline() <= until) {
      now = *router.deadline();
      router.on_time(now);
      if (router.state() == State::active) return true;
    }
    now = until;
  }
  return false;
}

TEST_CASE("a condition without weight is a fault, by plan: the peer answers before this node stops to") {
  TimePoint now;
  VirtualRouter router = active(now);
  CHECK(text(router.update(unfit(), now)) == "advert:0 active>initialize(fault)");
  CHECK(router.fault() == Fault::tracked);
  CHECK(router.holds_addresses());
  CHECK(text(router.advert(heard(252), now)) == "drop");
  CHECK(text(router.update(fit, now)) == "initialize>backup(startup)");
}

TEST_CASE("an lbd that dies while a condition fails ends the hand-over at once") {
  TimePoint now;
  VirtualRouter router = active(now);
  router.update(unfit(), now);
  Surroundings dead = unfit();
  dead.lbd_connected = false;
  CHECK(text(router.update(dead, now)) == "drop");
}

TEST_CASE("a weight lowers the priority that the next advert says") {
  TimePoint now;
  VirtualRouter router = active(now);
  CHECK(router.update(failing(10), now).empty());
  CHECK(router.priority() == 243);
  CHECK(text(router.on_time(*router.protocol_deadline())).starts_with("advert:243"));
  router.update(fit, now);
  CHECK(router.priority() == 253);
}

TEST_CASE("the other node preempts the one that lost something, not one that lost as much") {
  for (const std::uint32_t own_loss : {0U, 10U, 20U}) {
    CAPTURE(own_loss);
    VirtualRouter other = backup(false, failing(own_loss));
    TimePoint now = start;
    CHECK(takes_from(other, 243, now) == (own_loss == 0));
  }
}

TEST_CASE("who loses its address for a weight gets it back the first time at once, then after a while") {
  TimePoint now;
  VirtualRouter router = active(now);
  for (const bool damped : {false, true}) {
    router.update(failing(10), now);
    CHECK(text(router.advert(heard(252), now)).find("active>backup(higher_priority)") != std::string::npos);
    router.update(fit, now);
    CHECK((router.preemption(now) == Preemption::damped) == damped);
    if (!damped) CHECK(takes_from(router, 252, now));
  }
}

TEST_CASE("so it is for faults") {
  TimePoint now;
  VirtualRouter router = active(now);
  for (const bool damped : {false, true}) {
    router.update(unfit(), now);
    router.advert(heard(252), now);
    router.update(fit, now);
    CHECK((router.preemption(now) == Preemption::damped) == damped);
    if (!damped) CHECK(takes_from(router, 252, now));
  }
}

TEST_CASE("what failed at the peer may be failing here: look first, then preempt") {
  VirtualRouter other = backup(false);
  TimePoint now = start;
  other.set_looked_at(now);
  now += milliseconds(50);
  CHECK_FALSE(takes_from(other, 243, now, 10));
  CHECK(other.preemption(now) == Preemption::unsure);
  other.set_looked_at(now);
  CHECK(other.preemption(now) == Preemption::allowed);
  CHECK(takes_from(other, 243, now));
}

TEST_CASE("a failover to a node that lacks something stands, until it lacks more") {
  VirtualRouter other = backup(false, failing(10));
  TimePoint now = start;
  other.advert(heard(253), now);
  CHECK(other.priority() == 242);
  CHECK(text(other.fail_over(now)) == "take advert:254 announce backup>active(forced)");
  while (other.override_in_force() == Override::forced) now = *other.deadline(), other.on_time(now);
  CHECK(other.priority() == 253);
  other.update(failing(20), now);
  CHECK(other.priority() == 243);
  other.advert(heard(253), now);
  CHECK(other.state() == State::backup);
  CHECK(other.priority() == 232);
}

TEST_CASE("a failover from a node stands although the peer lacks something, until the peer lacks more") {
  TimePoint now;
  VirtualRouter router = active(now);
  router.fail_over(now);
  CHECK_FALSE(takes_from(router, 242, now, 20));
  CHECK(router.preemption(now) == Preemption::yielded);
  CHECK(takes_from(router, 232, now));
}

TEST_CASE("a hand-over waits for a peer whose priority is as low as weights can make it") {
  VirtualRouter heavy({.preferred = true, .address = own, .most_weights = 250});
  VirtualRouter light({.preferred = true, .address = own});
  CHECK(heavy.farewell_time() > light.farewell_time() + milliseconds(100));
}

}  // namespace
}  // namespace tandem::vrrp
