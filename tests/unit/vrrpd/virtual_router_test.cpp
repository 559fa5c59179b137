#include "vrrpd/core/virtual_router.hpp"

#include <doctest/doctest.h>

#include "tests/unit/vrrpd/fsm_support.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

constexpr Surroundings fit{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true,
                           .in_sync = true};

Surroundings but(void (*change)(Surroundings&)) {
  Surroundings s = fit;
  change(s);
  return s;
}

RouterConfig router_config(bool preferred = true) {
  return {.preferred = preferred, .advert_interval = milliseconds(100), .preempt = true, .preempt_delay = {},
          .address = own};
}

VirtualRouter active_router(TimePoint& now, bool preferred = true) {
  VirtualRouter router(router_config(preferred));
  router.update(fit, start);
  now = *router.deadline();
  router.on_time(now);
  return router;
}

// Runs the timers until `until`, and returns what was done.
std::string run(VirtualRouter& router, TimePoint& now, TimePoint until) {
  std::string done;
  while (router.deadline() && *router.deadline() <= until) {
    now = *router.deadline();
    const std::string step = text(router.on_time(now));
    if (!done.empty() && !step.empty()) done += ' ';
    done += step;
  }
  now = until;
  return done;
}

TEST_CASE("policy: priorities") {
  CHECK(priority_of(true, Override::none) == 253);
  CHECK(priority_of(false, Override::none) == 252);
  CHECK(priority_of(false, Override::forced) == 254);
  CHECK(priority_of(false, Override::kept) == 253);
  CHECK(priority_of(true, Override::yielded) == 251);
}

TEST_CASE("policy: what makes a node unfit, and how it leaves") {
  struct Row {
    const char* what;
    Surroundings surroundings;
    Fault fault;
    Release release;
  };
  const Row rows[] = {
      {"all well", fit, Fault::none, Release::at_once},
      {"lbd's stream ended", but([](Surroundings& s) { s.lbd_connected = false; }), Fault::lbd_dead, Release::at_once},
      {"lbd drains", but([](Surroundings& s) { s.lbd_ready = false; }), Fault::lbd_not_ready, Release::planned},
      {"link down", but([](Surroundings& s) { s.link_up = false; }), Fault::link_down, Release::at_once},
      {"no address", but([](Surroundings& s) { s.has_source = false; }), Fault::no_source, Release::at_once},
      {"the gravest counts", but([](Surroundings& s) { s.lbd_connected = s.lbd_ready = s.link_up = false; }),
       Fault::link_down, Release::at_once},
      {"maintenance", but([](Surroundings& s) { s.maintenance = true; }), Fault::maintenance, Release::planned},
      {"maintenance, lbd drains", but([](Surroundings& s) { s.maintenance = true; s.lbd_ready = false; }),
       Fault::maintenance, Release::planned},
      {"maintenance, lbd dead", but([](Surroundings& s) { s.maintenance = true; s.lbd_connected = false; }),
       Fault::lbd_dead, Release::at_once},
      {"not in sync is no fault", but([](Surroundings& s) { s.in_sync = false; }), Fault::none, Release::at_once},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(fault_of(row.surroundings) == row.fault);
    if (row.fault != Fault::none) CHECK(release_for(row.fault) == row.release);
  }
}

TEST_CASE("fitness: each fault of an owner, and the way back") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  CHECK(text(router.update(but([](Surroundings& s) { s.lbd_connected = false; }), now)) ==
        "advert:0 drop active>initialize(fault)");
  CHECK(router.fault() == Fault::lbd_dead);
  CHECK(text(router.update(fit, now)) == "initialize>backup(startup)");
  run(router, now, now + milliseconds(400));
  REQUIRE(router.state() == State::active);

  CHECK(text(router.update(but([](Surroundings& s) { s.lbd_ready = false; }), now)) ==
        "advert:0 active>initialize(fault)");
  CHECK(router.holds_addresses());
  CHECK(text(router.update(but([](Surroundings& s) { s.lbd_connected = false; }), now)) == "drop");
  CHECK_FALSE(router.holds_addresses());
}

TEST_CASE("preemption: waits for sync and for preempt_delay, and take-over from silence for neither") {
  RouterConfig config = router_config();
  config.preempt_delay = milliseconds(5000);
  VirtualRouter router(config);
  Surroundings unsynced = but([](Surroundings& s) { s.in_sync = false; });
  TimePoint now = start;
  router.update(unsynced, now);
  const auto hear_owner_for = [&](Duration time) {
    const TimePoint end = now + time;
    while (now < end && router.state() == State::backup) {
      router.advert(heard(252), now);
      run(router, now, now + milliseconds(100));
    }
  };
  hear_owner_for(milliseconds(6000));
  CHECK(router.state() == State::backup);
  CHECK(router.preemption(now) == VirtualRouter::Preemption::not_in_sync);

  VirtualRouter silent(config);
  silent.update(unsynced, now);
  TimePoint later = now;
  run(silent, later, now + milliseconds(302));
  CHECK(silent.state() == State::active);

  VirtualRouter synced(config);
  std::swap(router, synced);
  now = start;
  router.update(fit, now);
  hear_owner_for(milliseconds(4900));
  CHECK(router.state() == State::backup);
  CHECK(router.preemption(now) == VirtualRouter::Preemption::delayed);
  hear_owner_for(milliseconds(600));
  CHECK(router.state() == State::active);
}

TEST_CASE("preemption: switched off by the configuration") {
  RouterConfig config = router_config();
  config.preempt = false;
  VirtualRouter router(config);
  TimePoint now = start;
  router.update(fit, now);
  for (int i = 0; i < 50; ++i) {
    router.advert(heard(252), now);
    run(router, now, now + milliseconds(100));
  }
  CHECK(router.state() == State::backup);
}

TEST_CASE("failover from the owner: yields, does not come back by itself, but takes over from the dead") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  CHECK(text(router.fail_over(now)) == "advert:0 active>backup(failover)");
  CHECK(router.priority() == 251);
  CHECK(text(router.advert(heard(252), now)) == "drop");
  for (int i = 0; i < 20; ++i) {
    run(router, now, now + milliseconds(100));
    router.advert(heard(252), now);
  }
  CHECK(router.state() == State::backup);
  // A fault of lbd in between does not make it forget.
  router.update(but([](Surroundings& s) { s.lbd_connected = false; }), now);
  router.update(fit, now);
  CHECK(router.priority() == 251);
  run(router, now, now + milliseconds(400));
  CHECK(router.state() == State::active);
  CHECK(router.priority() == 253);
}

TEST_CASE("failover from the owner: nobody takes it") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  router.fail_over(now);
  const std::string done = run(router, now, now + milliseconds(320));
  CHECK(done.find("drop") == std::string::npos);
  CHECK(done.find("backup>active(nobody_took_over)") != std::string::npos);
  CHECK(router.priority() == 253);
}

TEST_CASE("failover from the other node: forced, then kept against the preferred node, then lost to the next") {
  VirtualRouter router(router_config(false));
  TimePoint now = start;
  router.update(fit, now);
  router.advert(heard(253), now);
  CHECK(text(router.fail_over(now)) == "take advert:254 announce backup>active(forced)");
  // The old owner had an advert on the way.
  CHECK(text(router.advert(heard(253, higher_address), now)) == "advert:254 conflict announce");
  run(router, now, now + milliseconds(500));
  CHECK(router.override_in_force() == Override::kept);
  CHECK(router.priority() == 253);
  CHECK(text(router.advert(heard(254), now)) == "drop active>backup(higher_priority)");
  CHECK(router.priority() == 252);
}

TEST_CASE("failover in Initialize: nothing") {
  VirtualRouter router(router_config());
  CHECK(router.fail_over(start).empty());
  CHECK(router.priority() == 253);
}

TEST_CASE("maintenance: never owns, whatever happens, and afterwards forgets an operator's move") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  router.fail_over(now);
  router.advert(heard(252), now);
  REQUIRE(router.priority() == 251);
  const Surroundings out_of_service = but([](Surroundings& s) { s.maintenance = true; });
  CHECK(text(router.update(out_of_service, now)) == "backup>initialize(fault)");
  CHECK(router.priority() == 253);
  router.advert(heard(0), now);
  CHECK(run(router, now, now + milliseconds(5000)).empty());
  CHECK(router.fail_over(now).empty());
  CHECK(text(router.update(fit, now)) == "initialize>backup(startup)");
  for (int i = 0; i < 10 && router.state() == State::backup; ++i) {
    router.advert(heard(252), now);
    run(router, now, now + milliseconds(100));
  }
  CHECK(router.state() == State::active);
}

TEST_CASE("maintenance of an owner that nobody relieves: given up after the hand-over") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  CHECK(text(router.update(but([](Surroundings& s) { s.maintenance = true; }), now)) == "advert:0 active>initialize(fault)");
  CHECK(router.holds_addresses());
  CHECK(run(router, now, now + milliseconds(300)).find("drop") != std::string::npos);
}

TEST_CASE("stop: a planned release, and no way back") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  CHECK(text(router.stop(now)) == "advert:0 active>initialize(stopping)");
  CHECK(router.update(fit, now).empty());
  CHECK(router.state() == State::initialize);
  CHECK(text(router.advert(heard(252), now)) == "drop");
  CHECK_FALSE(router.deadline());
}

TEST_CASE("stop: lbd dies during the hand-over: gone at once") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  router.stop(now);
  CHECK(text(router.update(but([](Surroundings& s) { s.lbd_connected = false; }), now)) == "drop");
}

TEST_CASE("announcements: by the schedule while active, anew after a conflict, none as backup") {
  TimePoint now;
  VirtualRouter router = active_router(now);
  const std::string done = run(router, now, now + milliseconds(1000));
  std::size_t announced = 0;
  for (std::size_t at = done.find("announce"); at != std::string::npos; at = done.find("announce", at + 1)) ++announced;
  CHECK(announced == 3);  // 20, 100, 300 ms
  CHECK(text(router.advert(heard(200), now)) == "advert:253 conflict announce");
  CHECK(*router.deadline() == now + milliseconds(20));
  router.advert(heard(254), now);
  CHECK(run(router, now, now + milliseconds(250)).empty());
}

}  // namespace
}  // namespace tandem::vrrp
