// A sync group: what its members see together, in every state; what each of them does about what one of them hears.
#include "vrrpd/core/sync_group.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/vrrpd/fsm_support.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

constexpr Surroundings fit{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true};
const IpAddress peer = IpAddress::v4({192, 0, 2, 12});  // above `own`

Surroundings but(void (*change)(Surroundings&)) {
  Surroundings s = fit;
  change(s);
  return s;
}
const Surroundings no_link = but([](Surroundings& s) { s.link_up = s.has_source = false; });
const Surroundings no_source = but([](Surroundings& s) { s.has_source = false; });
const Surroundings lbd_dead = but([](Surroundings& s) { s.lbd_connected = false; });
const Surroundings not_ready = but([](Surroundings& s) { s.lbd_ready = false; });
const Surroundings maintenance = but([](Surroundings& s) { s.maintenance = true; });
const Surroundings untracked = but([](Surroundings& s) { s.tracked_hold = false; });

SyncGroup group_of(std::size_t members, bool preferred = true) {
  return SyncGroup({.preferred = preferred, .advert_interval = milliseconds(100), .preempt = true, .preempt_delay = {},
                    .address = own}, members, peer);
}

SyncGroup in_state(State state, TimePoint& now, bool preferred = true) {
  SyncGroup group = group_of(2, preferred);
  now = start;
  if (state == State::initialize) return group;
  group.update(0, fit, now);
  group.update(1, fit, now);
  if (state == State::backup) return group;
  now = *group.router().deadline();
  group.router().on_time(now);
  return group;
}

TEST_CASE("together: what is a fault of one is a fault of all, and the others are handed over") {
  struct Row {
    const char* what;
    Surroundings first, second;
    Fault fault;
    Release release;
  };
  const Row rows[] = {
      {"all well", fit, fit, Fault::none, Release::at_once},
      {"one link", fit, no_link, Fault::sync_group, Release::planned},
      {"one source", no_source, fit, Fault::sync_group, Release::planned},
      {"no link", no_link, no_link, Fault::link_down, Release::at_once},
      {"no link, no source", no_link, no_source, Fault::no_source, Release::at_once},
      {"lbd dead", lbd_dead, fit, Fault::lbd_dead, Release::at_once},
      {"lbd dead and one link", lbd_dead, no_link, Fault::lbd_dead, Release::at_once},
      {"lbd not ready", fit, not_ready, Fault::lbd_not_ready, Release::planned},
      {"maintenance", maintenance, fit, Fault::maintenance, Release::planned},
      {"maintenance and one link", maintenance, no_link, Fault::sync_group, Release::planned},
      {"tracked", fit, untracked, Fault::tracked, Release::planned},
      {"tracked and one link", no_link, untracked, Fault::sync_group, Release::planned},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    for (const bool swapped : {false, true}) {
      const Surroundings members[] = {swapped ? row.second : row.first, swapped ? row.first : row.second};
      const Fault fault = fault_of(together(members));
      CHECK(to_string(fault) == to_string(row.fault));
      if (fault != Fault::none) CHECK(release_for(fault) == row.release);
    }
  }
}

TEST_CASE("together: sync, and the weight of the conditions, which are the same for all") {
  const Surroundings behind = but([](Surroundings& s) { s.in_sync = false; });
  const Surroundings weak = but([](Surroundings& s) { s.failing_weights = 10; });
  const Surroundings members[] = {behind, weak, weak};
  CHECK_FALSE(together(members).in_sync);
  CHECK(together(members).failing_weights == 10);
  const Surroundings one[] = {weak};
  CHECK(together(one) == weak);
  const Surroundings alone[] = {no_link};
  CHECK(together(alone) == no_link);
}

TEST_CASE("the group starts when each member has been seen") {
  SyncGroup group = group_of(3);
  CHECK(text(group.update(0, fit, start)) == "");
  CHECK(text(group.update(2, fit, start)) == "");
  CHECK(group.router().fault() != Fault::none);
  CHECK(text(group.update(1, fit, start)) == "initialize>backup(startup)");
}

TEST_CASE("every state, what one member sees or hears, and what all members do") {
  const auto sees = [](Surroundings s) { return [s](SyncGroup& g, TimePoint now) { return g.update(1, s, now); }; };
  const auto hears = [](std::uint8_t priority) {
    return [priority](SyncGroup& g, TimePoint now) { return g.advert(heard(priority), now); };
  };
  struct Row {
    const char* what;
    State state;
    std::function<Actions(SyncGroup&, TimePoint)> event;
    const char* hearer;
    const char* others;
  };
  const auto move = [](SyncGroup& g, TimePoint now) { return g.router().fail_over(now); };
  const auto stop = [](SyncGroup& g, TimePoint now) { return g.router().stop(now); };
  const auto yield = [](SyncGroup& g, TimePoint now) {
    return g.router().vote({.may_promote = false, .must_release = true, .reason = Reason::isolated}, 0, now);
  };
  const Row rows[] = {
      {"fit", State::initialize, sees(fit), "", ""},
      {"an advert", State::initialize, hears(252), "", ""},
      {"failover", State::initialize, move, "", ""},
      {"stop", State::initialize, stop, "", ""},
      {"one link", State::backup, sees(no_link), "backup>initialize(fault)", ""},
      {"an owner", State::backup, hears(254), "", ""},
      {"leave", State::backup, hears(0), "", ""},
      {"failover", State::backup, move, "take advert:254 announce backup>active(forced)", ""},
      {"stop", State::backup, stop, "backup>initialize(stopping)", ""},
      {"vote", State::backup, yield, "", ""},
      {"one link", State::active, sees(no_link), "advert:0 active>initialize(fault)", ""},
      {"lbd dead", State::active, sees(lbd_dead), "advert:0 drop active>initialize(fault)", ""},
      {"a condition", State::active, sees(untracked), "advert:0 active>initialize(fault)", ""},
      {"maintenance", State::active, sees(maintenance), "advert:0 active>initialize(fault)", ""},
      {"a better owner", State::active, hears(254), "drop active>backup(higher_priority)", "same"},
      {"a worse owner", State::active, hears(252), "advert:253 conflict announce", "announce"},
      {"leave", State::active, hears(0), "advert:253 announce", "announce"},
      {"failover", State::active, move, "advert:0 active>backup(failover)", ""},
      {"stop", State::active, stop, "advert:0 active>initialize(stopping)", ""},
      {"vote", State::active, yield, "advert:0 drop active>backup(voted)", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CAPTURE(to_string(row.state));
    TimePoint now;
    SyncGroup group = in_state(row.state, now);
    const Actions actions = row.event(group, now + milliseconds(10));
    CHECK(text(actions) == row.hearer);
    const std::string_view others = row.others;
    if (!others.empty()) CHECK(text(SyncGroup::for_others(actions)) == (others == "same" ? row.hearer : others));
  }
}

TEST_CASE("a cable that comes and goes is damped, as that of a single address is") {
  TimePoint now;
  SyncGroup group = in_state(State::active, now);
  for (int i = 0; i < 5; ++i) {
    now += milliseconds(10);
    group.update(1, no_link, now);
    now += milliseconds(200);
    group.router().on_time(now);
    group.update(1, fit, now);
    now = *group.router().deadline();
    group.router().on_time(now);
    REQUIRE(group.router().state() == State::active);
  }
  group.update(1, no_link, now);
  now += milliseconds(200);
  group.router().on_time(now);
  group.update(1, fit, now);
  CHECK(group.router().preemption(now) == VirtualRouter::Preemption::damped);
}

TEST_CASE("an owner that is heard on one LAN lives, one that is silent on all does not") {
  TimePoint now;
  SyncGroup group = in_state(State::backup, now);
  for (int i = 0; i < 20; ++i) {  // on the second LAN only
    now += milliseconds(100);
    CHECK(text(group.router().on_time(now)) == "");
    group.advert(heard(254), now);
  }
  now = *group.router().deadline();
  CHECK(text(group.router().on_time(now)) == "take advert:253 announce backup>active(adverts_missed)");
}

// With the addresses of that LAN the node would lose the tie here, and win it on another one.
TEST_CASE("a tie is decided by the nodes' addresses, the same way on every LAN") {
  for (const IpAddress& source : {lower_address, higher_address}) {
    TimePoint now;
    SyncGroup group = in_state(State::active, now);
    CHECK(text(group.advert(heard(253, source), now + milliseconds(10))) == "drop active>backup(tie_lost)");
  }
  SyncGroup alone = group_of(1);
  alone.update(0, fit, start);
  const TimePoint now = *alone.router().deadline();
  alone.router().on_time(now);
  CHECK(text(alone.advert(heard(253, lower_address), now + milliseconds(10))) == "advert:253 conflict announce");
}

TEST_CASE("of several members, no interface's address is the tie-breaker; of one it is") {
  TimePoint now;
  SyncGroup group = in_state(State::active, now);
  group.set_address(higher_address);
  CHECK(text(group.advert(heard(253), now + milliseconds(10))) == "drop active>backup(tie_lost)");
}

TEST_CASE("a leave on one LAN makes the owner's late adverts on another one stale") {
  TimePoint now;
  SyncGroup group = in_state(State::backup, now);
  group.advert(heard(254, lower_address), now);
  now += milliseconds(50);
  group.advert(heard(0, lower_address), now);
  const auto due = group.router().deadline();
  group.advert(heard(254, higher_address), now + std::chrono::microseconds(300));  // its address on the other LAN
  CHECK(group.router().deadline() == due);
  CHECK(text(group.router().on_time(*due)) == "take advert:253 announce backup>active(priority_zero)");
}

}  // namespace
}  // namespace tandem::vrrp
