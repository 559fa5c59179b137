// Every cell of the state x event table of RFC 9568 section 6.4, one row each.
#include <doctest/doctest.h>

#include <functional>
#include <optional>

#include "tests/unit/vrrpd/fsm_support.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

// What is left of the timer after the event; 200 is the priority, 100 ms the interval.
constexpr Duration interval = milliseconds(100);  // nanoseconds, so that nothing is rounded
const Duration skew = interval * 56 / 256;
const Duration down = 3 * interval + skew;

enum class From { initialize, backup, backup_no_preempt, active, handing_over_initialize, handing_over_backup };

struct Row {
  const char* what;
  From from;
  std::function<Actions(Fsm&, TimePoint)> event;
  const char* actions;
  State state;
  bool holds;
  std::optional<Duration> timer;  // deadline() - now; nullopt: no timer
};

// 10 ms after the state was entered, so that a timer that is set anew can be told from one that is not.
constexpr Duration later = milliseconds(10);

Fsm machine(From from, TimePoint& now) {
  now = start;
  switch (from) {
    case From::initialize: return Fsm(config());
    case From::backup: return in_backup();
    case From::backup_no_preempt: return in_backup(config(200, false));
    case From::active: return in_active(now);
    case From::handing_over_initialize: {
      Fsm fsm = in_active(now);
      fsm.shutdown(Release::planned, Cause::stopping, now);
      return fsm;
    }
    case From::handing_over_backup: {
      Fsm fsm = in_active(now);
      fsm.hand_over(now);
      return fsm;
    }
  }
  return Fsm(config());
}

std::function<Actions(Fsm&, TimePoint)> advert(std::uint8_t priority, const IpAddress& source = lower_address) {
  return [=](Fsm& fsm, TimePoint now) { return fsm.advert(heard(priority, source), now); };
}
Actions startup(Fsm& fsm, TimePoint now) { return fsm.startup(now); }
Actions shutdown_at_once(Fsm& fsm, TimePoint now) { return fsm.shutdown(Release::at_once, Cause::fault, now); }
Actions shutdown_planned(Fsm& fsm, TimePoint now) { return fsm.shutdown(Release::planned, Cause::stopping, now); }
Actions hand_over(Fsm& fsm, TimePoint now) { return fsm.hand_over(now); }
Actions promote(Fsm& fsm, TimePoint now) { return fsm.promote(now); }
Actions on_time_early(Fsm& fsm, TimePoint now) { return fsm.on_time(now); }
Actions on_time_due(Fsm& fsm, TimePoint) { return fsm.on_time(*fsm.deadline()); }

const Duration zero_repeat = milliseconds(20) + interval * 5 / 256;

const Row rows[] = {
    // ---- 6.4.1 Initialize
    {"6.4.1 Startup: (150)-(160) to Backup", From::initialize, startup, "initialize>backup(startup)", State::backup,
     false, down},
    {"6.4.1 Shutdown: nothing", From::initialize, shutdown_at_once, "", State::initialize, false, {}},
    {"6.4.1 planned Shutdown: nothing", From::initialize, shutdown_planned, "", State::initialize, false, {}},
    {"6.4.1 advert: ignored", From::initialize, advert(250), "", State::initialize, false, {}},
    {"6.4.1 priority 0: ignored", From::initialize, advert(0), "", State::initialize, false, {}},
    {"6.4.1 time: nothing", From::initialize, on_time_early, "", State::initialize, false, {}},
    {"6.4.1 failover: nothing", From::initialize, hand_over, "", State::initialize, false, {}},
    {"6.4.1 forced: nothing", From::initialize, promote, "", State::initialize, false, {}},

    // ---- 6.4.2 Backup
    {"6.4.2 Startup: nothing", From::backup, startup, "", State::backup, false, down - later},
    {"6.4.2 (340) Shutdown", From::backup, shutdown_at_once, "backup>initialize(fault)", State::initialize, false, {}},
    {"6.4.2 (340) planned Shutdown", From::backup, shutdown_planned, "backup>initialize(stopping)", State::initialize,
     false, {}},
    {"6.4.2 (360) Active_Down_Timer", From::backup, on_time_due,
     "take advert:200 announce backup>active(adverts_missed)", State::active, true, {}},
    {"6.4.2 time, not yet", From::backup, on_time_early, "", State::backup, false, down - later},
    {"6.4.2 (420) priority 0: Skew_Time", From::backup, advert(0), "", State::backup, false, skew},
    {"6.4.2 (430) higher priority: anew", From::backup, advert(201), "", State::backup, false, down},
    {"6.4.2 (430) equal priority, lower address: anew", From::backup, advert(200, lower_address), "", State::backup,
     false, down},
    {"6.4.2 (430) equal priority, higher address: anew", From::backup, advert(200, higher_address), "", State::backup,
     false, down},
    {"6.4.2 (440) lower priority, Preempt: discarded", From::backup, advert(199), "", State::backup, false,
     down - later},
    {"6.4.2 (430) lower priority, no Preempt: anew", From::backup_no_preempt, advert(199), "", State::backup, false,
     down},
    {"6.4.2 (430) priority 255: anew", From::backup, advert(255), "", State::backup, false, down},
    {"6.4.2 failover away: nothing to give", From::backup, hand_over, "", State::backup, false, down - later},
    {"6.4.2 forced", From::backup, promote, "take advert:200 announce backup>active(forced)", State::active, true,
     interval},

    // ---- 6.4.3 Active
    {"6.4.3 Startup: nothing", From::active, startup, "", State::active, true, interval - later},
    {"6.4.3 (640) Shutdown: priority 0, addresses gone", From::active, shutdown_at_once,
     "advert:0 drop active>initialize(fault)", State::initialize, false, {}},
    {"6.4.3 (640) planned Shutdown: priority 0, addresses kept", From::active, shutdown_planned,
     "advert:0 active>initialize(stopping)", State::initialize, true, zero_repeat},
    {"6.4.3 (670) Adver_Timer", From::active, on_time_due, "advert:200", State::active, true, {}},
    {"6.4.3 time, not yet", From::active, on_time_early, "", State::active, true, interval - later},
    {"6.4.3 (710) priority 0: advert at once", From::active, advert(0), "advert:200", State::active, true, interval},
    {"6.4.3 (725) higher priority: Backup", From::active, advert(201), "drop active>backup(higher_priority)",
     State::backup, false, down},
    {"6.4.3 (725) equal priority, higher address: Backup", From::active, advert(200, higher_address),
     "drop active>backup(tie_lost)", State::backup, false, down},
    {"6.4.3 (740) equal priority, lower address: answered", From::active, advert(200, lower_address),
     "advert:200 conflict", State::active, true, interval - later},
    {"6.4.3 (740) lower priority: answered", From::active, advert(199, higher_address), "advert:200 conflict",
     State::active, true, interval - later},
    {"6.4.3 (725) priority 255: Backup", From::active, advert(255), "drop active>backup(higher_priority)",
     State::backup, false, down},
    {"6.4.3 failover away: priority 0, addresses kept", From::active, hand_over,
     "advert:0 active>backup(failover)", State::backup, true, zero_repeat},
    {"6.4.3 forced: nothing", From::active, promote, "", State::active, true, interval - later},

    // ---- a planned Shutdown that is still going on
    {"hand-over, Initialize: the new owner is heard", From::handing_over_initialize, advert(1), "drop",
     State::initialize, false, {}},
    {"hand-over, Initialize: another one leaves too", From::handing_over_initialize, advert(0), "", State::initialize,
     true, zero_repeat - later},
    {"hand-over, Initialize: priority 0 again", From::handing_over_initialize, on_time_due, "advert:0",
     State::initialize, true, {}},
    {"hand-over, Initialize: Shutdown at once ends it", From::handing_over_initialize, shutdown_at_once, "drop",
     State::initialize, false, {}},
    {"hand-over, Initialize: planned Shutdown goes on", From::handing_over_initialize, shutdown_planned, "",
     State::initialize, true, zero_repeat - later},
    {"hand-over, Initialize: fit again", From::handing_over_initialize, startup, "initialize>backup(startup)",
     State::backup, true, zero_repeat - later},
    {"hand-over, Initialize: failover has no meaning", From::handing_over_initialize, hand_over, "",
     State::initialize, true, zero_repeat - later},
    {"hand-over, Initialize: forced has no meaning", From::handing_over_initialize, promote, "", State::initialize,
     true, zero_repeat - later},

    // ---- a failover that is still going on
    {"hand-over, Backup: the new owner is heard", From::handing_over_backup, advert(201), "drop", State::backup,
     false, down},
    {"hand-over, Backup: another one leaves too: Skew_Time", From::handing_over_backup, advert(0), "", State::backup,
     true, std::min(skew, zero_repeat - later)},
    {"hand-over, Backup: priority 0 again", From::handing_over_backup, on_time_due, "advert:0", State::backup, true,
     {}},
    {"hand-over, Backup: Shutdown at once ends it", From::handing_over_backup, shutdown_at_once,
     "drop backup>initialize(fault)", State::initialize, false, {}},
    {"hand-over, Backup: planned Shutdown goes on", From::handing_over_backup, shutdown_planned,
     "backup>initialize(stopping)", State::initialize, true, zero_repeat - later},
    {"hand-over, Backup: failover again", From::handing_over_backup, hand_over, "", State::backup, true,
     zero_repeat - later},
    {"hand-over, Backup: taken back", From::handing_over_backup, promote,
     "take advert:200 announce backup>active(forced)", State::active, true, interval},
    {"hand-over, Backup: Startup: nothing", From::handing_over_backup, startup, "", State::backup, true,
     zero_repeat - later},
};

TEST_CASE("RFC 9568 section 6.4: state x event") {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    TimePoint now;
    Fsm fsm = machine(row.from, now);
    now += later;
    CHECK(text(row.event(fsm, now)) == row.actions);
    CHECK(to_string(fsm.state()) == to_string(row.state));
    CHECK(fsm.holds_addresses() == row.holds);
    // Rows whose event is "the timer is due" move the time themselves.
    if (row.timer) {
      REQUIRE(fsm.deadline());
      CHECK((*fsm.deadline() - now).count() == row.timer->count());
    } else if (fsm.state() == State::initialize && !fsm.handing_over()) {
      CHECK_FALSE(fsm.deadline());
    }
  }
}

}  // namespace
}  // namespace tandem::vrrp
