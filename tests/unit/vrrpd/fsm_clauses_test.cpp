// RFC 9568 sections 6 and 8, and RFC 3768 where version 2 differs, clause by clause: what the state × event
// table (fsm_table_test.cpp) does not show: the address owner, the timers' formulas, several routers.
#include <doctest/doctest.h>

#include "tests/unit/vrrpd/fsm_support.hpp"
#include "vrrpd/core/virtual_router.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary
using std::chrono::seconds;

TEST_CASE("6.1: Advertisement_Interval from 10 ms to 40.95 s: Active_Down_Interval follows") {
  for (const Duration interval : {milliseconds(10), milliseconds(100), milliseconds(1000), milliseconds(40'950)}) {
    for (const int priority : {1, 100, 200, 254}) {
      FsmConfig c = config(static_cast<std::uint8_t>(priority));
      c.advert_interval = interval;
      const Fsm fsm(c);
      CHECK(fsm.skew_time() == interval * (256 - priority) / 256);
      CHECK(fsm.active_down_interval() == 3 * interval + fsm.skew_time());
    }
  }
}

TEST_CASE("RFC 3768 6.1: version 2 skews by parts of a second, whatever the interval") {
  FsmConfig c = config(100);
  c.advert_interval = seconds(4);
  c.skew_by_seconds = true;
  const Fsm fsm(c);
  CHECK(fsm.skew_time() == Duration(seconds(1)) * 156 / 256);
  CHECK(fsm.active_down_interval() == Duration(seconds(12)) + fsm.skew_time());
}

TEST_CASE("6.4.1 (100)-(130): the address owner is Active at once") {
  Fsm fsm(config(255));
  CHECK(text(fsm.startup(start)) == "take advert:255 announce initialize>active(startup)");
  CHECK(*fsm.deadline() == start + milliseconds(100));
  CHECK(fsm.holds_addresses());
}

TEST_CASE("6.4.3 (640): the address owner leaves with priority 0 like any other") {
  Fsm fsm(config(255));
  fsm.startup(start);
  CHECK(text(fsm.shutdown(Release::at_once, Cause::fault, start)) == "advert:0 drop active>initialize(fault)");
}

TEST_CASE("6.4.3 (725), (740): nobody deposes the address owner but one with its priority and a higher address") {
  for (const int priority : {1, 200, 254}) {
    Fsm fsm(config(255));
    fsm.startup(start);
    CHECK(text(fsm.advert(heard(static_cast<std::uint8_t>(priority), higher_address), start)) == "advert:255 conflict");
  }
  Fsm lower(config(255));
  lower.startup(start);
  CHECK(text(lower.advert(heard(255, higher_address), start)) == "drop active>backup(tie_lost)");
  Fsm higher(config(255));
  higher.startup(start);
  CHECK(text(higher.advert(heard(255, lower_address), start)) == "advert:255 conflict");
}

TEST_CASE("6.1 Preempt_Mode: the address owner preempts whatever the mode of the others") {
  TimePoint now;
  Fsm active = in_active(now, config(254, false));
  CHECK(text(active.advert(heard(255), now)) == "drop active>backup(higher_priority)");
}

TEST_CASE("6.4.3 (725): the primary addresses are compared as unsigned numbers in network order") {
  const auto ends_as_backup = [](const IpAddress& sender) {
    TimePoint now;
    Fsm fsm = in_active(now);  // 192.0.2.11
    fsm.advert(heard(200, sender), now);
    return fsm.state() == State::backup;
  };
  CHECK(ends_as_backup(IpAddress::v4({192, 0, 2, 12})));
  CHECK(ends_as_backup(IpAddress::v4({193, 0, 0, 1})));
  CHECK(ends_as_backup(IpAddress::v4({200, 0, 0, 0})));
  CHECK_FALSE(ends_as_backup(IpAddress::v4({192, 0, 2, 10})));
  CHECK_FALSE(ends_as_backup(IpAddress::v4({11, 2, 0, 192})));
}

TEST_CASE("6.4.3 (725): primary addresses of IPv6 too are compared as unsigned numbers in network order") {
  const auto ends_as_backup = [](const char* sender) {
    FsmConfig c = config();
    c.address = *IpAddress::parse("fe80::80:1");
    TimePoint now;
    Fsm fsm = in_active(now, c);
    fsm.advert(heard(200, *IpAddress::parse(sender)), now);
    return fsm.state() == State::backup;
  };
  CHECK(ends_as_backup("fe80::80:2"));
  CHECK(ends_as_backup("fe80::8000:0:0:0"));
  CHECK_FALSE(ends_as_backup("fe80::7f:ffff"));
  CHECK_FALSE(ends_as_backup("fe80::1:80"));
}

TEST_CASE("8.3.2: three routers, the two best ones are told apart by Skew_Time when the owner dies") {
  Fsm second = in_backup(config(254));
  Fsm third = in_backup(config(200));
  second.advert(heard(255), start);
  third.advert(heard(255), start);
  REQUIRE(*second.deadline() < *third.deadline());
  const TimePoint now = *second.deadline();
  CHECK(second.on_time(now).size() > 0);
  CHECK(second.state() == State::active);
  CHECK(text(third.advert(heard(254), now)).empty());
  CHECK(third.state() == State::backup);
  CHECK(*third.deadline() > now + milliseconds(300));
}

RouterConfig beside_foreign(std::uint8_t priority) {
  return {.preferred = true, .address = own, .foreign = true, .foreign_priority = priority};
}

TEST_CASE("a foreign router: our priority is the configured one, the override moves it out of its way") {
  CHECK(priority_of(true, Override::none, 100) == 100);
  CHECK(priority_of(true, Override::forced, 100) == forced_priority);
  CHECK(priority_of(true, Override::kept, 100) == forced_priority);
  CHECK(priority_of(true, Override::yielded, 100) == lowest_priority);
  CHECK(priority_of(true, Override::forced, 255) == 255);
  const VirtualRouter router(beside_foreign(200));
  CHECK(router.priority() == 200);
}

TEST_CASE("a foreign router may take the whole Skew_Time of priority 1: the hand-over waits for it") {
  FsmConfig c = config(200);
  c.lowest_peer = lowest_priority;
  TimePoint now;
  Fsm fsm = in_active(now, c);
  fsm.shutdown(Release::planned, Cause::stopping, now);
  const Duration its_skew = Duration(milliseconds(100)) * 255 / 256;
  CHECK(fsm.hand_over_time() > its_skew);
  CHECK(*fsm.deadline() - now > its_skew);  // the next priority 0 must not start its timer anew
}

TEST_CASE("the address owner beside a foreign router: Active with its first fit moment") {
  VirtualRouter router(beside_foreign(255));
  const Surroundings fit{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true};
  router.update(fit, start);
  CHECK(router.state() == State::active);
}

}  // namespace
}  // namespace tandem::vrrp
