// Intervals, cadence, learned timers, and properties of the state machine.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/vrrpd/fsm_support.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

TEST_CASE("6.1: Skew_Time and Active_Down_Interval") {
  const Fsm fsm(config(253));
  CHECK(fsm.skew_time() == Duration(milliseconds(100)) * 3 / 256);
  CHECK(fsm.active_down_interval() == milliseconds(300) + Duration(milliseconds(100)) * 3 / 256);
}

TEST_CASE("6.4.2 (430): a Backup waits by the interval of the Active, and skews by it") {
  Fsm fsm = in_backup();
  const TimePoint now = start + milliseconds(5);
  fsm.advert(heard(250, lower_address, milliseconds(1000)), now);
  CHECK(fsm.active_adver_interval() == milliseconds(1000));
  CHECK(*fsm.deadline() - now == milliseconds(3000) + Duration(milliseconds(1000)) * 56 / 256);
  fsm.advert(heard(0, lower_address, milliseconds(1000)), now);
  CHECK(*fsm.deadline() - now == Duration(milliseconds(1000)) * 56 / 256);
}

TEST_CASE("6.4.2 (440): a discarded advert teaches nothing") {
  Fsm fsm = in_backup();
  fsm.advert(heard(100, lower_address, milliseconds(1000)), start);
  CHECK(fsm.active_adver_interval() == milliseconds(100));
}

TEST_CASE("6.4.3 (725): a deposed Active waits by the winner's interval") {
  TimePoint now;
  Fsm fsm = in_active(now);
  fsm.advert(heard(250, lower_address, milliseconds(500)), now);
  CHECK(*fsm.deadline() - now == milliseconds(1500) + Duration(milliseconds(500)) * 56 / 256);
}

TEST_CASE("6.4.1 (150): a restart forgets the learned interval") {
  Fsm fsm = in_backup();
  fsm.advert(heard(250, lower_address, milliseconds(1000)), start);
  fsm.shutdown(Release::at_once, Cause::fault, start);
  fsm.startup(start);
  CHECK(fsm.active_adver_interval() == milliseconds(100));
}

TEST_CASE("cadence: lateness of one advert does not delay the next ones") {
  TimePoint now;
  Fsm fsm = in_active(now);
  const TimePoint first = *fsm.deadline();
  for (int i = 1; i <= 10; ++i) {
    CHECK(text(fsm.on_time(*fsm.deadline() + milliseconds(3))) == "advert:200");
    CHECK(*fsm.deadline() == first + i * milliseconds(100));
  }
}

TEST_CASE("causes: silence, priority 0, preemption and an unanswered failover are told apart") {
  const auto due = [](Fsm& fsm) { return text(fsm.on_time(*fsm.deadline())); };
  Fsm silent = in_backup();
  CHECK(due(silent) == "take advert:200 announce backup>active(adverts_missed)");
  Fsm zero = in_backup();
  zero.advert(heard(0), start);
  CHECK(due(zero) == "take advert:200 announce backup>active(priority_zero)");
  Fsm preempting = in_backup();
  preempting.advert(heard(100), start);
  CHECK(due(preempting) == "take advert:200 announce backup>active(preempting)");
  Fsm calmed = in_backup();
  calmed.advert(heard(0), start);
  calmed.advert(heard(250, higher_address), start);
  CHECK(due(calmed) == "take advert:200 announce backup>active(adverts_missed)");
}

TEST_CASE("an advert that arrives just after its sender's priority 0 is an older one") {
  Fsm fsm = in_backup();
  fsm.advert(heard(253), start);
  fsm.advert(heard(0), start);
  const TimePoint due = *fsm.deadline();
  fsm.advert(heard(253), start + milliseconds(19));
  CHECK(*fsm.deadline() == due);
  fsm.advert(heard(253, higher_address), start + milliseconds(19));  // somebody else
  CHECK(*fsm.deadline() > due);
  fsm.advert(heard(0), start + milliseconds(19));
  fsm.advert(heard(255), start + milliseconds(20));  // an address owner starts at once
  CHECK(*fsm.deadline() > start + milliseconds(300));
  fsm.advert(heard(0), start + milliseconds(30));
  fsm.advert(heard(253), start + milliseconds(50));  // back indeed
  CHECK(*fsm.deadline() > start + milliseconds(340));
}

TEST_CASE("a former owner that repeats its priority 0 may be back right after it") {
  TimePoint now;
  Fsm fsm = in_active(now, config(200, false));
  for (int repetition = 0; repetition < 3; ++repetition) fsm.advert(heard(0), now);
  CHECK(text(fsm.advert(heard(253), now + milliseconds(1))) == "drop active>backup(higher_priority)");
}

TEST_CASE("hand-over by Shutdown: priority 0 again each 22 ms, the end after 102 ms") {
  TimePoint now;
  Fsm fsm = in_active(now);
  fsm.shutdown(Release::planned, Cause::stopping, now);
  int zeros = 0;
  while (fsm.holds_addresses()) {
    const TimePoint due = *fsm.deadline();
    const std::string actions = text(fsm.on_time(due));
    if (actions == "advert:0") ++zeros;
    else CHECK(actions == "drop");
    CHECK(due - now <= fsm.hand_over_time());
    if (!fsm.holds_addresses()) CHECK(due - now == fsm.hand_over_time());
  }
  CHECK(zeros == 4);
  CHECK_FALSE(fsm.deadline());
}

TEST_CASE("hand-over by failover: nobody takes the address: it is never dropped") {
  TimePoint now;
  Fsm fsm = in_active(now);
  fsm.hand_over(now);
  const TimePoint end = now + fsm.active_down_interval();
  while (fsm.state() != State::active) {
    now = *fsm.deadline();
    const std::string actions = text(fsm.on_time(now));
    CHECK(actions.find("drop") == std::string::npos);
    REQUIRE(now <= end);
  }
  CHECK(now == end);
}

TEST_CASE("hand-over by failover: a former owner that says again that it has left takes nothing, and ends nothing") {
  for (const Duration before_end : {milliseconds(200), milliseconds(50), milliseconds(1)}) {
    TimePoint now;
    Fsm fsm = in_active(now);
    fsm.hand_over(now);
    const TimePoint end = now + fsm.active_down_interval();
    CHECK(text(fsm.advert(heard(0), end - before_end)).empty());
    while (fsm.state() != State::active) {
      now = *fsm.deadline();
      REQUIRE(now <= end);
      CHECK(text(fsm.on_time(now)).find("drop") == std::string::npos);
    }
    CHECK(now == end);
  }
}

TEST_CASE("hand-over: priority 0 is repeated more slowly than any peer's Skew_Time") {
  for (const Duration interval : {milliseconds(10), milliseconds(100), milliseconds(1000), milliseconds(40'000)}) {
    FsmConfig c = config();
    c.advert_interval = interval;
    TimePoint now;
    Fsm fsm = in_active(now, c);
    fsm.shutdown(Release::planned, Cause::stopping, now);
    FsmConfig peer_config = config(251);
    peer_config.advert_interval = interval;
    const Fsm peer(peer_config);
    CHECK(*fsm.deadline() - now > peer.skew_time());
    CHECK(fsm.hand_over_time() > peer.skew_time());
  }
}

TEST_CASE("property: any sequence of events keeps the invariants") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    Fsm fsm(config(static_cast<std::uint8_t>(1 + random() % 254), random() % 2 == 0));
    TimePoint now = start;
    bool holds = false;
    State state = State::initialize;
    for (int step = 0; step < 60; ++step) {
      now += Duration(random() % 60'000'000);
      Actions actions;
      switch (random() % 9) {
        case 0: actions = fsm.startup(now); break;
        case 1: actions = fsm.shutdown(random() % 2 ? Release::planned : Release::at_once, Cause::fault, now); break;
        case 2: actions = fsm.hand_over(now); break;
        case 3: actions = fsm.promote(now); break;
        case 4: case 5:
          actions = fsm.advert(heard(static_cast<std::uint8_t>(random() % 256),
                                     random() % 2 ? higher_address : lower_address,
                                     milliseconds(10) * (1 + random() % 100)), now);
          break;
        default:
          if (fsm.deadline()) now = std::max(now, *fsm.deadline());
          actions = fsm.on_time(now);
      }
      for (const Action& action : actions) {
        if (action.kind == Action::Kind::take_addresses) holds = true;
        if (action.kind == Action::Kind::drop_addresses) {
          CHECK(holds);
          holds = false;
        }
        if (action.kind == Action::Kind::entered) {
          CHECK(action.from == state);
          CHECK(action.to != action.from);
          state = action.to;
        }
        // Priority above 0 is said by an owner only, and 0 never by one.
        if (action.kind == Action::Kind::send_advert) {
          CHECK((action.priority > 0) == (fsm.state() == State::active));
        }
      }
      CAPTURE(seed);
      CHECK(state == fsm.state());
      CHECK(holds == fsm.holds_addresses());
      CHECK((fsm.state() != State::active || holds));
      CHECK((!holds || fsm.state() == State::active || fsm.handing_over()));
      CHECK(fsm.deadline().has_value() == (state != State::initialize || holds));
      // After on_time at the deadline, the next one lies ahead.
      if (fsm.deadline()) {
        fsm.on_time(*fsm.deadline() - Duration(1));
        CHECK(fsm.state() == state);
      }
    }
  }
}

TEST_CASE("adverts in step: whole intervals after one moment, never later than the RFC's Adver_Timer") {
  for (const int offset : {0, 1, 37, 99}) {
    CAPTURE(offset);
    FsmConfig c = config();
    c.in_step_with = start - milliseconds(7);
    Fsm fsm(c);
    fsm.startup(start + milliseconds(offset));
    const TimePoint promoted = *fsm.deadline();
    fsm.on_time(promoted);
    for (TimePoint last = promoted; last < promoted + milliseconds(500);) {
      const TimePoint next = *fsm.deadline();
      CHECK((next - *c.in_step_with) % c.advert_interval == Duration::zero());
      CHECK(next > last);
      CHECK(next - last <= c.advert_interval);
      CHECK(text(fsm.on_time(next)) == "advert:200");
      last = next;
    }
    // Woken late, but in time for its lease: in step again.
    const TimePoint late = *fsm.deadline() + milliseconds(130);
    fsm.on_time(late);
    CHECK((*fsm.deadline() - *c.in_step_with) % c.advert_interval == Duration::zero());
    CHECK(*fsm.deadline() > late);
  }
}

TEST_CASE("a former owner that comes back right after a farewell that nobody waits for is heard at once") {
  Fsm fsm = in_backup();
  fsm.advert(heard(250), start);
  const TimePoint now = *fsm.deadline();
  fsm.on_time(now);
  REQUIRE(fsm.state() == State::active);
  fsm.advert(heard(0), now + milliseconds(50));  // it was cut off, and cares for its connections still
  fsm.advert(heard(250), now + milliseconds(55));
  CHECK(fsm.state() == State::backup);
}

}  // namespace
}  // namespace tandem::vrrp
