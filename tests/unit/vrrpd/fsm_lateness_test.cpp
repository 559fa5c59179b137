// A node that was not called in time: an Active goes quiet, a Backup listens once more.
#include <doctest/doctest.h>

#include "tests/unit/vrrpd/fsm_support.hpp"
#include "vrrpd/core/damping.hpp"
#include "vrrpd/core/lease.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

const Duration lease = lease_length(milliseconds(100));
const Duration listening = Duration(milliseconds(100)) * (256 + 56) / 256;  // one interval and the skew of priority 200
constexpr const char* quiet = "drop active>backup(late)";

TEST_CASE("the lease ends before any Backup is due, at every interval") {
  for (const Duration interval : {milliseconds(10), milliseconds(100), milliseconds(1000), milliseconds(40'950)}) {
    FsmConfig c = config(254);  // the shortest skew of a Backup
    c.advert_interval = interval;
    CHECK(lease_length(interval) < Fsm(c).active_down_interval());
    CHECK(lease_length(interval) > 2 * interval);  // one late advert is no reason to give up
  }
}

TEST_CASE("an Active that is called just in time goes on, with one advert and not a burst") {
  TimePoint now;
  Fsm fsm = in_active(now);
  const TimePoint late = now + lease - Duration(1);
  CHECK_FALSE(fsm.is_late(late));
  CHECK(text(fsm.on_time(late)) == "advert:200");
  CHECK(*fsm.deadline() == late + milliseconds(100));
  CHECK(text(fsm.on_time(late)).empty());
}

TEST_CASE("an Active that is called too late goes quiet, whatever calls it, and listens for one interval") {
  using Event = Actions (*)(Fsm&, TimePoint);
  const Event events[] = {
      [](Fsm& fsm, TimePoint at) { return fsm.on_time(at); },
      [](Fsm& fsm, TimePoint at) { return fsm.advert(heard(100), at); },
      [](Fsm& fsm, TimePoint at) { return fsm.advert(heard(0), at); },
      [](Fsm& fsm, TimePoint at) { return fsm.advert(heard(250), at); },
      [](Fsm& fsm, TimePoint at) { return fsm.hand_over(at); },
  };
  for (const Event event : events) {
    TimePoint now;
    Fsm fsm = in_active(now);
    now += lease;
    CHECK(fsm.is_late(now));
    CHECK(text(event(fsm, now)) == quiet);
    CHECK_FALSE(fsm.holds_addresses());
    CHECK_FALSE(fsm.is_late(now));
  }
}

TEST_CASE("shutdown of a late Active says nothing and keeps nothing") {
  for (const Release release : {Release::at_once, Release::planned}) {
    TimePoint now;
    Fsm fsm = in_active(now);
    CHECK(text(fsm.shutdown(release, Cause::stopping, now + lease)) ==
          "drop active>backup(late) backup>initialize(stopping)");
    CHECK_FALSE(fsm.holds_addresses());
  }
}

TEST_CASE("the shell's own clock ends a lease too, of an Active only") {
  TimePoint now;
  Fsm fsm = in_active(now);
  CHECK(text(fsm.lapse(now)) == quiet);
  CHECK(*fsm.deadline() == now + listening);
  CHECK(fsm.lapse(now).empty());
  CHECK(Fsm(config()).lapse(now).empty());
}

TEST_CASE("after going quiet: the successor is heard, or nobody is") {
  TimePoint now;
  Fsm alone = in_active(now);
  now += lease;
  alone.on_time(now);
  CHECK(*alone.deadline() == now + listening);
  CHECK(text(alone.on_time(now + listening)) == "take advert:200 announce backup>active(adverts_missed)");

  Fsm replaced = in_active(now);
  now += lease;
  replaced.on_time(now);
  replaced.advert(heard(201), now + milliseconds(50));
  CHECK(*replaced.deadline() == now + milliseconds(50) + replaced.active_down_interval());
}

TEST_CASE("after going quiet: a priority 0 that waited in the queue does not cut the listening short") {
  TimePoint now;
  Fsm fsm = in_active(now);
  now += lease;
  fsm.on_time(now);
  fsm.advert(heard(0), now);
  CHECK(*fsm.deadline() == now + listening);
  fsm.advert(heard(199, higher_address), now);  // the successor: it will be preempted, but not at once
  CHECK(*fsm.deadline() == now + listening);
  fsm.advert(heard(0), now + listening - Duration(1));
  CHECK(*fsm.deadline() == now + listening - Duration(1) + fsm.skew_time());
}

TEST_CASE("a Backup that is late listens once more, and once only") {
  Fsm fsm = in_backup();
  const TimePoint late = *fsm.deadline() + milliseconds(100);
  CHECK(fsm.on_time(late).empty());
  CHECK(*fsm.deadline() == late + listening);
  CHECK(text(fsm.on_time(*fsm.deadline() + milliseconds(500))) ==
        "take advert:200 announce backup>active(adverts_missed)");

  Fsm heard_again = in_backup();
  heard_again.on_time(*heard_again.deadline() + milliseconds(100));
  heard_again.advert(heard(201), start + milliseconds(600));
  CHECK(heard_again.on_time(*heard_again.deadline() + milliseconds(100)).empty());  // a new silence, listened to anew
}

TEST_CASE("a Backup that is a little late takes over") {
  Fsm fsm = in_backup();
  CHECK_FALSE(fsm.on_time(*fsm.deadline() + milliseconds(99)).empty());
}

TEST_CASE("a late end of an unanswered hand-over: the addresses are not kept meanwhile") {
  TimePoint now;
  Fsm fsm = in_active(now);
  fsm.hand_over(now);
  CHECK(text(fsm.on_time(now + fsm.active_down_interval() + milliseconds(100))) == "drop");
  CHECK_FALSE(fsm.handing_over());
}

TEST_CASE("damping: the first loss costs nothing, each further one doubles, a calm minute forgives") {
  using std::chrono::seconds;
  Damping damping;
  TimePoint now = start;
  damping.lost(now);
  CHECK_FALSE(damping.holds(now));
  Duration expected = seconds(1);
  for (int i = 0; i < 10; ++i) {
    damping.lost(now);
    CHECK(damping.holds(now + expected - Duration(1)));
    CHECK_FALSE(damping.holds(now + expected));
    now += expected;
    expected = std::min<Duration>(2 * expected, seconds(60));
  }
  now += seconds(120);
  damping.lost(now);
  CHECK_FALSE(damping.holds(now));
}

}  // namespace
}  // namespace tandem::vrrp
