// Every cell of the state x event table of RFC 9568 section 6.4 and of what Tandem adds to it. A cell without a row fails.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/vrrpd/fsm_support.hpp"

namespace tandem::vrrp {
namespace {

using namespace test;  // NOLINT: test vocabulary

// What is left of the timer after the event; 200 is the priority, 100 ms the interval.
constexpr Duration interval = milliseconds(100);  // nanoseconds, so that nothing is rounded
const Duration skew = interval * 56 / 256;
const Duration down = 3 * interval + skew;
const Duration zero_repeat = milliseconds(20) + interval * 5 / 256;
const Duration ask_again = interval / 8;  // of a held Backup

// 10 ms after the state was entered, so that a timer that is set anew can be told from one that is not.
constexpr Duration later = milliseconds(10);

enum class From { initialize, backup, backup_no_preempt, backup_held, active, handing_over_initialize, handing_over_backup };
constexpr std::array from_names{"initialize", "backup", "backup_no_preempt", "backup_held", "active",
                                "handing_over_initialize", "handing_over_backup"};
static_assert(from_names.size() == static_cast<std::size_t>(From::handing_over_backup) + 1);

enum class Event {
  startup, shutdown_at_once, shutdown_planned, hand_over, promote,
  priority_zero, lower, equal_lower_address, equal_higher_address, higher, priority_255,  // adverts
  time_early, time_due, lapse, yield, may_not_promote, may_promote, owner_unfit
};
constexpr std::array event_names{"startup", "shutdown_at_once", "shutdown_planned", "hand_over", "promote",
                                 "priority_zero", "lower", "equal_lower_address", "equal_higher_address", "higher",
                                 "priority_255", "time_early", "time_due", "lapse", "yield", "may_not_promote",
                                 "may_promote", "owner_unfit"};
static_assert(event_names.size() == static_cast<std::size_t>(Event::owner_unfit) + 1);

/// The same becomes of each of the events.
struct Row {
  std::string what;
  From from;
  std::vector<Event> events;
  const char* actions;
  State state;
  bool holds;                     // the addresses
  std::optional<Duration> timer;  // deadline() - now; nullopt: no timer
  bool held = false;
};

Fsm machine(From from, TimePoint& now) {
  now = start;
  switch (from) {
    case From::initialize: return Fsm(config());
    case From::backup: return in_backup();
    case From::backup_no_preempt: return in_backup(config(200, false));
    case From::backup_held: {
      Fsm fsm = in_backup();
      fsm.set_may_promote(false, now);
      now = *fsm.deadline();
      fsm.on_time(now);
      return fsm;
    }
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

/// `now` moves on if the event is that a timer ends.
Actions happen(Event event, Fsm& fsm, TimePoint& now) {
  switch (event) {
    case Event::startup: return fsm.startup(now);
    case Event::shutdown_at_once: return fsm.shutdown(Release::at_once, Cause::fault, now);
    case Event::shutdown_planned: return fsm.shutdown(Release::planned, Cause::stopping, now);
    case Event::hand_over: return fsm.hand_over(now);
    case Event::promote: return fsm.promote(now);
    case Event::priority_zero: return fsm.advert(heard(0), now);
    case Event::lower: return fsm.advert(heard(199, higher_address), now);
    case Event::equal_lower_address: return fsm.advert(heard(200, lower_address), now);
    case Event::equal_higher_address: return fsm.advert(heard(200, higher_address), now);
    case Event::higher: return fsm.advert(heard(201, lower_address), now);
    case Event::priority_255: return fsm.advert(heard(255, lower_address), now);
    case Event::time_early: return fsm.on_time(now);
    case Event::time_due: now = fsm.deadline().value_or(now + down); return fsm.on_time(now);
    case Event::lapse: return fsm.lapse(now);
    case Event::yield: return fsm.yield(now);
    case Event::may_not_promote: fsm.set_may_promote(false, now); return {};
    case Event::may_promote: fsm.set_may_promote(true, now); return {};
    case Event::owner_unfit: fsm.owner_unfit(now); return {};
  }
  return {};
}

using enum Event;

const Row rows[] = {
    // ---- 6.4.1 Initialize
    {"6.4.1 Startup: (150)-(160) to Backup", From::initialize, {startup}, "initialize>backup(startup)", State::backup,
     false, down},
    {"6.4.1 Shutdown: nothing", From::initialize, {shutdown_at_once, shutdown_planned}, "", State::initialize, false, {}},
    {"6.4.1 adverts: ignored", From::initialize,
     {priority_zero, lower, equal_lower_address, equal_higher_address, higher, priority_255}, "", State::initialize,
     false, {}},
    {"6.4.1 time: nothing", From::initialize, {time_early, time_due}, "", State::initialize, false, {}},
    {"6.4.1 failover, forced: nothing", From::initialize, {hand_over, promote}, "", State::initialize, false, {}},
    {"6.4.1 the lease, the voices: nothing", From::initialize, {lapse, yield, may_not_promote, may_promote, owner_unfit}, "",
     State::initialize, false, {}},

    // ---- 6.4.2 Backup
    {"6.4.2 Startup: nothing", From::backup, {startup}, "", State::backup, false, down - later},
    {"6.4.2 (340) Shutdown", From::backup, {shutdown_at_once}, "backup>initialize(fault)", State::initialize, false, {}},
    {"6.4.2 (340) planned Shutdown", From::backup, {shutdown_planned}, "backup>initialize(stopping)", State::initialize,
     false, {}},
    {"6.4.2 (360) Active_Down_Timer", From::backup, {time_due},
     "take advert:200 announce backup>active(adverts_missed)", State::active, true, interval},
    {"6.4.2 time, not yet", From::backup, {time_early}, "", State::backup, false, down - later},
    {"6.4.2 (420) priority 0: Skew_Time", From::backup, {priority_zero}, "", State::backup, false, skew},
    {"6.4.2 (430) higher or equal priority, whatever the address: anew", From::backup,
     {equal_lower_address, equal_higher_address, higher, priority_255}, "", State::backup, false, down},
    {"6.4.2 (440) lower priority, Preempt: discarded", From::backup, {lower}, "", State::backup, false, down - later},
    {"6.4.2 failover away: nothing to give", From::backup, {hand_over}, "", State::backup, false, down - later},
    {"6.4.2 forced", From::backup, {promote}, "take advert:200 announce backup>active(forced)", State::active, true,
     interval},
    {"6.4.2 the end of a lease, a release: it has neither", From::backup, {lapse, yield}, "", State::backup, false,
     down - later},
    {"6.4.2 the owner is unfit, as priority 0: Skew_Time", From::backup, {owner_unfit}, "", State::backup, false, skew},
    {"6.4.2 the vote: for later", From::backup, {may_not_promote, may_promote}, "", State::backup, false, down - later},

    // ---- 6.4.2 Backup, Preempt_Mode false
    {"6.4.2 no Preempt, Startup: nothing", From::backup_no_preempt, {startup}, "", State::backup, false, down - later},
    {"6.4.2 (340) no Preempt, Shutdown", From::backup_no_preempt, {shutdown_at_once}, "backup>initialize(fault)",
     State::initialize, false, {}},
    {"6.4.2 (340) no Preempt, planned Shutdown", From::backup_no_preempt, {shutdown_planned},
     "backup>initialize(stopping)", State::initialize, false, {}},
    {"6.4.2 (360) no Preempt, Active_Down_Timer", From::backup_no_preempt, {time_due},
     "take advert:200 announce backup>active(adverts_missed)", State::active, true, interval},
    {"6.4.2 no Preempt, time, not yet", From::backup_no_preempt, {time_early}, "", State::backup, false, down - later},
    {"6.4.2 (420) no Preempt, priority 0: Skew_Time", From::backup_no_preempt, {priority_zero}, "", State::backup, false,
     skew},
    {"6.4.2 (430) no Preempt, any priority: anew", From::backup_no_preempt,
     {lower, equal_lower_address, equal_higher_address, higher, priority_255}, "", State::backup, false, down},
    {"6.4.2 no Preempt, failover away: nothing to give", From::backup_no_preempt, {hand_over}, "", State::backup, false,
     down - later},
    {"6.4.2 no Preempt, forced", From::backup_no_preempt, {promote}, "take advert:200 announce backup>active(forced)",
     State::active, true, interval},
    {"6.4.2 no Preempt, the end of a lease, a release: it has neither", From::backup_no_preempt, {lapse, yield}, "",
     State::backup, false, down - later},
    {"6.4.2 no Preempt, the owner is unfit, as priority 0: Skew_Time", From::backup_no_preempt, {owner_unfit}, "",
     State::backup, false, skew},
    {"6.4.2 no Preempt, the vote: for later", From::backup_no_preempt, {may_not_promote, may_promote}, "", State::backup,
     false, down - later},

    // ---- Backup that may not believe in the silence
    {"held, Startup: nothing", From::backup_held, {startup}, "", State::backup, false, ask_again - later, true},
    {"held, (340) Shutdown", From::backup_held, {shutdown_at_once}, "backup>initialize(fault)", State::initialize, false,
     {}},
    {"held, (340) planned Shutdown", From::backup_held, {shutdown_planned}, "backup>initialize(stopping)",
     State::initialize, false, {}},
    {"held, time to ask again", From::backup_held, {time_due}, "", State::backup, false, ask_again, true},
    {"held, time, not yet", From::backup_held, {time_early}, "", State::backup, false, ask_again - later, true},
    {"held, (420) priority 0: Skew_Time", From::backup_held, {priority_zero}, "", State::backup, false, skew},
    {"held, (430) the owner is heard again: anew", From::backup_held,
     {equal_lower_address, equal_higher_address, higher, priority_255}, "", State::backup, false, down},
    {"held, (440) lower priority, Preempt: no silence any more", From::backup_held, {lower}, "", State::backup, false,
     ask_again - later},
    {"held, failover away: nothing to give", From::backup_held, {hand_over}, "", State::backup, false, ask_again - later,
     true},
    {"held, forced", From::backup_held, {promote}, "take advert:200 announce backup>active(forced)", State::active, true,
     interval},
    {"held, the end of a lease, a release: it has neither", From::backup_held, {lapse, yield}, "", State::backup, false,
     ask_again - later, true},
    {"held, the owner is unfit: it asks sooner than Skew_Time", From::backup_held, {owner_unfit}, "", State::backup, false,
     ask_again - later, true},
    {"held, the vote stays", From::backup_held, {may_not_promote}, "", State::backup, false, ask_again - later, true},
    {"held, the vote is for it: now", From::backup_held, {may_promote}, "", State::backup, false, Duration::zero()},

    // ---- 6.4.3 Active
    {"6.4.3 Startup: nothing", From::active, {startup}, "", State::active, true, interval - later},
    {"6.4.3 (640) Shutdown: priority 0, addresses gone", From::active, {shutdown_at_once},
     "advert:0 drop active>initialize(fault)", State::initialize, false, {}},
    {"6.4.3 (640) planned Shutdown: priority 0, addresses kept", From::active, {shutdown_planned},
     "advert:0 active>initialize(stopping)", State::initialize, true, zero_repeat},
    {"6.4.3 (670) Adver_Timer", From::active, {time_due}, "advert:200", State::active, true, interval},
    {"6.4.3 time, not yet", From::active, {time_early}, "", State::active, true, interval - later},
    {"6.4.3 (710) priority 0: advert at once", From::active, {priority_zero}, "advert:200", State::active, true, interval},
    {"6.4.3 (725) higher priority: Backup", From::active, {higher, priority_255}, "drop active>backup(higher_priority)",
     State::backup, false, down},
    {"6.4.3 (725) equal priority, higher address: Backup", From::active, {equal_higher_address},
     "drop active>backup(tie_lost)", State::backup, false, down},
    {"6.4.3 (740) equal priority, lower address; lower priority: answered", From::active, {equal_lower_address, lower},
     "advert:200 conflict", State::active, true, interval - later},
    {"6.4.3 failover away: priority 0, addresses kept", From::active, {hand_over}, "advert:0 active>backup(failover)",
     State::backup, true, zero_repeat},
    {"6.4.3 forced: nothing", From::active, {promote}, "", State::active, true, interval - later},
    {"6.4.3 the lease is over: not a word, and listening", From::active, {lapse}, "drop active>backup(late)",
     State::backup, false, interval + skew},
    {"6.4.3 the voices are against it: priority 0, Backup", From::active, {yield}, "advert:0 drop active>backup(voted)",
     State::backup, false, down},
    {"6.4.3 the voices on another owner: for later", From::active, {may_not_promote, may_promote, owner_unfit}, "", State::active, true,
     interval - later},

    // ---- a planned Shutdown that is still going on
    {"hand-over, Initialize: the new owner is heard", From::handing_over_initialize,
     {lower, equal_lower_address, equal_higher_address, higher, priority_255}, "drop", State::initialize, false, {}},
    {"hand-over, Initialize: another one leaves too", From::handing_over_initialize, {priority_zero}, "",
     State::initialize, true, zero_repeat - later},
    {"hand-over, Initialize: priority 0 again", From::handing_over_initialize, {time_due}, "advert:0", State::initialize,
     true, zero_repeat},
    {"hand-over, Initialize: time, not yet", From::handing_over_initialize, {time_early}, "", State::initialize, true,
     zero_repeat - later},
    {"hand-over, Initialize: Shutdown at once ends it", From::handing_over_initialize, {shutdown_at_once}, "drop",
     State::initialize, false, {}},
    {"hand-over, Initialize: planned Shutdown goes on", From::handing_over_initialize, {shutdown_planned}, "",
     State::initialize, true, zero_repeat - later},
    {"hand-over, Initialize: fit again", From::handing_over_initialize, {startup}, "initialize>backup(startup)",
     State::backup, true, zero_repeat - later},
    {"hand-over, Initialize: failover, forced: no meaning", From::handing_over_initialize, {hand_over, promote}, "",
     State::initialize, true, zero_repeat - later},
    {"hand-over, Initialize: the lease, the voices: no meaning", From::handing_over_initialize,
     {lapse, yield, may_not_promote, may_promote, owner_unfit}, "", State::initialize, true, zero_repeat - later},

    // ---- a failover that is still going on
    {"hand-over, Backup: the new owner is heard", From::handing_over_backup,
     {equal_lower_address, equal_higher_address, higher, priority_255}, "drop", State::backup, false, down},
    {"hand-over, Backup: the new owner is heard, and will be preempted", From::handing_over_backup, {lower}, "drop",
     State::backup, false, down - later},
    {"hand-over, Backup: a former owner's priority 0 is no news", From::handing_over_backup, {priority_zero}, "",
     State::backup, true, zero_repeat - later},
    {"hand-over, Backup: priority 0 again", From::handing_over_backup, {time_due}, "advert:0", State::backup, true,
     zero_repeat},
    {"hand-over, Backup: time, not yet", From::handing_over_backup, {time_early}, "", State::backup, true,
     zero_repeat - later},
    {"hand-over, Backup: Shutdown at once ends it", From::handing_over_backup, {shutdown_at_once},
     "drop backup>initialize(fault)", State::initialize, false, {}},
    {"hand-over, Backup: planned Shutdown goes on", From::handing_over_backup, {shutdown_planned},
     "backup>initialize(stopping)", State::initialize, true, zero_repeat - later},
    {"hand-over, Backup: failover again", From::handing_over_backup, {hand_over}, "", State::backup, true,
     zero_repeat - later},
    {"hand-over, Backup: taken back", From::handing_over_backup, {promote},
     "take advert:200 announce backup>active(forced)", State::active, true, interval},
    {"hand-over, Backup: Startup: nothing", From::handing_over_backup, {startup}, "", State::backup, true,
     zero_repeat - later},
    {"hand-over, Backup: the lease, a release: it is leaving", From::handing_over_backup, {lapse, yield}, "",
     State::backup, true, zero_repeat - later},
    {"hand-over, Backup: the voices: for later", From::handing_over_backup, {may_not_promote, may_promote, owner_unfit}, "",
     State::backup, true, zero_repeat - later},
};

std::string cell(From from, Event event) {
  return std::string(from_names[static_cast<std::size_t>(from)]) + " x " + event_names[static_cast<std::size_t>(event)];
}

TEST_CASE("RFC 9568 section 6.4: state x event") {
  std::array<std::array<int, event_names.size()>, from_names.size()> rows_of{};
  for (const Row& row : rows) {
    for (const Event event : row.events) {
      CAPTURE(row.what);
      CAPTURE(cell(row.from, event));
      ++rows_of[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(event)];
      TimePoint now;
      Fsm fsm = machine(row.from, now);
      now += later;
      CHECK(text(happen(event, fsm, now)) == row.actions);
      CHECK(to_string(fsm.state()) == to_string(row.state));
      CHECK(fsm.holds_addresses() == row.holds);
      CHECK(fsm.held() == row.held);
      REQUIRE(fsm.deadline().has_value() == row.timer.has_value());
      if (row.timer) CHECK((*fsm.deadline() - now).count() == row.timer->count());
    }
  }
  for (std::size_t from = 0; from < from_names.size(); ++from) {
    for (std::size_t event = 0; event < event_names.size(); ++event) {
      CAPTURE(cell(static_cast<From>(from), static_cast<Event>(event)));
      REQUIRE(rows_of[from][event] == 1);
    }
  }
}

}  // namespace
}  // namespace tandem::vrrp
