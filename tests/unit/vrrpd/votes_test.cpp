// The failure matrix of a pair, row by row: what an owner A and a Backup B decide from their voices.
//
// Where another mechanism decides, the row here says what the voices add, and these tests show the rest:
//   5, 6    the carrier: virtual_router_test "fitness", integration/vrrpd/pair_test.py test_interface_down
//   9       also tests/system/split_brain.py, as 3, 4, 7, 11 and 12; every combination of cuts: sim/vrrpd/split_test.cpp,
//           and with whatever else can happen, in any order: sim/vrrpd/storm_test.cpp
//   14      the kernel lease: fsm_lateness_test, pair_test.py test_frozen_*
//   15, 16  the guard, and the watch over lbd: pair_test.py test_kill_9_of_*, test_lbd_dies, test_lbd_freezes
//   17, 18  damping, and the wait for syncd: below, and virtual_router_test "preemption"
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/vrrpd/fsm_support.hpp"
#include "vrrpd/core/heartbeat.hpp"
#include "vrrpd/core/virtual_router.hpp"
#include "vrrpd/core/votes.hpp"
#include "vrrpd/core/witness_sight.hpp"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
constexpr Sight clear = Sight::clear;
constexpr Sight lost = Sight::lost;

/// Who owns when the adverts of A are not heard by B (or A gave up), as both see it.
enum class Outcome { a_stays, b_takes, a_then_b, nobody, both };

std::string name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::a_stays: return "A stays";
    case Outcome::b_takes: return "B takes a dead owner's address";
    case Outcome::a_then_b: return "A releases, B takes";
    case Outcome::nobody: return "nobody answers";
    case Outcome::both: return "both own";
  }
  return {};
}

struct Row {
  const char* what;
  bool a_alive;
  bool adverts_heard;  // of A, by B
  bool sync;           // the heartbeat passes
  Sight a_sight;
  Sight b_sight;
  Outcome outcome;
  bool a_fit = true;
  bool a_frozen = false;
  bool b_fit = true;
  SplitPolicy policy = SplitPolicy::availability;
  bool b_preferred = false;
  bool long_lost = false;  // of A's sight
};

void run_until(VirtualRouter& router, TimePoint end) {
  while (router.deadline() && *router.deadline() <= end) router.on_time(*router.deadline());
}

VirtualRouter owning_router() {
  VirtualRouter router({.preferred = true, .address = test::own});
  router.update({.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true},
                test::start);
  run_until(router, test::start + std::chrono::seconds(10));
  return router;
}

PeerVoice voice_of(bool owns, bool fit, Sight sight, std::uint64_t epoch, bool hears = false) {
  return {.owns = owns, .fit = fit, .hears = hears, .sight = sight, .epoch = epoch, .priority = 200};
}

/// Lets both decide until nothing changes: A first, as the owner must be gone before the other comes.
Outcome play(const Row& row) {
  bool a_owns = row.a_alive && !row.a_frozen && row.a_fit;
  if (a_owns) {
    Voices a{.active = true, .preferred = !row.b_preferred, .sight = row.a_sight, .long_lost = row.long_lost, .peer = {}, .epoch = 7,
             .priority = 200, .beats_by_address = true, .policy = row.policy};
    if (row.sync) a.peer = voice_of(false, row.b_fit, row.b_sight, 3, row.adverts_heard);
    a_owns = !decide(a).must_release;
  }
  const bool released = row.a_alive && !a_owns;
  const bool silent = !row.adverts_heard || !a_owns;
  bool b_owns = false;
  if (silent && row.b_fit) {
    Voices b{.active = false, .preferred = row.b_preferred, .sight = row.b_sight, .peer = {}, .epoch = 3,
             .priority = 200, .beats_by_address = false, .policy = row.policy};
    // A frozen node says nothing on any path.
    if (row.sync && row.a_alive && !row.a_frozen) b.peer = voice_of(a_owns, row.a_fit, row.a_sight, 7);
    b_owns = decide(b).may_promote;
  }
  if (a_owns && b_owns) return Outcome::both;
  if (a_owns) return Outcome::a_stays;
  if (!b_owns) return Outcome::nobody;
  return released ? Outcome::a_then_b : Outcome::b_takes;
}

const Row rows[] = {
    {"1 all is well", true, true, true, clear, clear, Outcome::a_stays},
    {"2 A is dead", false, false, false, clear, clear, Outcome::b_takes},
    {"3 the sync link is cut", true, true, false, clear, clear, Outcome::a_stays},
    // One row for the three: A's adverts do not arrive, its heartbeat does, and neither node knows more. A Backup sends no
    // adverts by which 4 could be told from 9, and the heartbeat is one voice, whatever path syncd takes.
    {"4 the LAN between them is cut, both see it; 9 one-way loss, A to B; 10 LAN and sync cut, syncd's fallback path is not",
     true, false, true, clear, clear, Outcome::a_stays},
    {"5 A's carrier is down (a fault of its own)", true, false, true, lost, clear, Outcome::a_then_b, false},
    {"6 B's carrier is down", true, false, true, clear, lost, Outcome::a_stays, true, false, false},
    {"7 A has lost the LAN, B has not", true, false, true, lost, clear, Outcome::a_then_b},
    {"7 ... and the adverts still pass: perhaps lost packets", true, true, true, lost, clear, Outcome::a_stays},
    {"7 ... and for long", true, true, true, lost, clear, Outcome::a_then_b, true, false, true, SplitPolicy::availability,
     false, true},
    {"7 ... but B is in doubt itself", true, false, true, lost, Sight::doubtful, Outcome::a_stays},
    {"8 both have lost it: no move", true, false, true, lost, lost, Outcome::a_stays},
    {"8 ... and the adverts still pass", true, true, true, lost, lost, Outcome::a_stays},
    {"2 ... and B just misses its witnesses: not now", false, false, false, clear, Sight::doubtful, Outcome::nobody},
    {"11 A is isolated", true, false, false, lost, clear, Outcome::a_then_b},
    {"12 both links cut, both see the LAN: availability", true, false, false, clear, clear, Outcome::both},
    {"12 ... preferred: A is", true, false, false, clear, clear, Outcome::a_stays, true, false, true,
     SplitPolicy::preferred},
    {"12 ... preferred: B is", true, false, false, clear, clear, Outcome::a_then_b, true, false, true,
     SplitPolicy::preferred, true},
    {"13 all cut, nobody sees anything", true, false, false, lost, lost, Outcome::nobody},
    {"14 A is frozen", true, false, true, clear, clear, Outcome::a_then_b, true, true},
    {"14 ... and the sync link is cut", true, false, false, clear, clear, Outcome::a_then_b, true, true},
    {"15, 16 vrrpd or lbd of A died: released", true, false, true, clear, clear, Outcome::a_then_b, false},
    {"no witnesses: A is dead", false, false, false, Sight::unknown, Sight::unknown, Outcome::b_takes},
    {"no witnesses: the LAN is cut", true, false, true, Sight::unknown, Sight::unknown, Outcome::a_stays},
    {"no witnesses: both cut", true, false, false, Sight::unknown, Sight::unknown, Outcome::both},
    {"A has lost the LAN, B is not fit", true, true, true, lost, clear, Outcome::a_stays, true, false, false},
    {"A has lost the LAN, of B's sight nothing is known", true, true, true, lost, Sight::unknown, Outcome::a_stays},
    {"B alone has lost the LAN, A is dead", false, false, false, clear, lost, Outcome::nobody},
    {"policy preferred: A, which is, is dead: down, not doubled", false, false, false, clear, clear, Outcome::nobody,
     true, false, true, SplitPolicy::preferred},
};

TEST_CASE("row 10, the adverts cut first: whose sync link fails then is awaited on its way round") {
  Voices backup{.sight = clear, .peer = {}, .peer_awaited = true};
  CHECK_FALSE(decide(backup).may_promote);
  CHECK(decide(backup).reason == Reason::peer_lives);
  backup.peer = voice_of(false, false, clear, 7);
  CHECK(decide(backup).may_promote);  // it says that it has released
  backup.peer.reset();
  backup.peer_awaited = false;
  CHECK(decide(backup).may_promote);
}

TEST_CASE("only a peer that spoke while the LAN was silent is awaited, and not for ever") {
  using std::chrono::milliseconds;
  const TimePoint held = test::start;
  const Verdict lives{.may_promote = false, .reason = Reason::peer_lives};
  const auto at = [held](int ms) { return held + milliseconds(ms); };

  PeerPatience dead;  // its voices ended together
  CHECK_FALSE(dead.awaits(lives, true, at(-300), at(0)));
  CHECK_FALSE(dead.awaits(lives, true, at(-300), at(5)));

  PeerPatience patience;
  CHECK_FALSE(patience.awaits(lives, true, at(-90), at(0)));
  CHECK(patience.awaits(lives, true, at(10), at(11)));
  CHECK(patience.awaits(lives, true, at(10), at(10) + way_round - milliseconds(1)));
  CHECK_FALSE(patience.awaits(lives, true, at(10), at(10) + way_round));
  CHECK_FALSE(patience.awaits(lives, true, std::nullopt, at(12)));
  CHECK_FALSE(patience.awaits({.may_promote = false, .reason = Reason::no_sight}, true, at(10), at(12)));
  CHECK_FALSE(patience.awaits(lives, false, at(10), at(12)));  // the adverts are heard again
  CHECK_FALSE(patience.awaits(lives, true, at(10), at(20)));   // a new silence
}

TEST_CASE("the failure matrix") {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(name_of(play(row)) == name_of(row.outcome));
  }
}

TEST_CASE("row 17: an address that is lost again and again is not taken back at once") {
  VirtualRouter router = owning_router();
  TimePoint now = test::start + std::chrono::seconds(10);
  const Verdict isolated{.may_promote = false, .may_preempt = false, .must_release = true, .reason = Reason::isolated};
  for (int loss = 0; loss < 3; ++loss) {
    router.vote(isolated, 0, now);
    CHECK(router.state() == State::backup);
    router.vote({}, 0, now);
    if (loss == 2) break;
    now = *router.deadline();
    router.on_time(now);  // nobody else there: silence is no preemption
    CHECK(router.state() == State::active);
  }
  CHECK(router.preemption(now) == VirtualRouter::Preemption::damped);
}

TEST_CASE("row 18: a node that returns does not preempt before it is in sync and sees its LAN") {
  VirtualRouter router({.preferred = true, .address = test::own});
  Surroundings back{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = false};
  router.update(back, test::start);
  CHECK(router.preemption(test::start) == VirtualRouter::Preemption::not_in_sync);
  back.in_sync = true;
  router.update(back, test::start);
  router.vote({.may_preempt = false}, 0, test::start);
  CHECK(router.preemption(test::start) == VirtualRouter::Preemption::no_sight);
  router.vote({}, 0, test::start);
  CHECK(router.preemption(test::start) == VirtualRouter::Preemption::allowed);
}

TEST_CASE("witnesses that are silent while the nodes hear each other prove nothing, until one answers") {
  Voices backup{.active = false, .sight = lost, .long_lost = true, .peer = voice_of(true, true, clear, 1)};
  WitnessCredit credit;
  CHECK_FALSE(credit.lost(backup, true));  // the LAN is silent as well
  CHECK(credit.lost(backup, false));
  backup.peer.reset();
  CHECK(credit.lost(backup, true));  // and now the owner died
  backup.discredited = true;
  CHECK(decide(backup).may_promote);
  CHECK_FALSE(decide(backup).may_preempt);
  backup.sight = clear;
  CHECK_FALSE(credit.lost(backup, true));

  Voices owner{.active = true, .sight = lost, .long_lost = true, .peer = voice_of(false, true, lost, 1, true)};
  WitnessCredit of_owner;
  owner.sight = clear;
  CHECK_FALSE(of_owner.lost(owner, false));
  owner.sight = lost;
  CHECK(of_owner.lost(owner, false));
  owner.peer.reset();
  owner.discredited = of_owner.lost(owner, false);
  CHECK_FALSE(decide(owner).must_release);
  owner.peer = voice_of(false, true, clear, 1, true);  // it is here only
  owner.discredited = of_owner.lost(owner, false);
  CHECK(decide(owner).reason == Reason::peer_sees);

  WitnessCredit of_heir;  // heard the other one leave, so it is on the LAN
  Voices heir{.active = false, .sight = lost, .peer = {}};
  CHECK_FALSE(of_heir.lost(heir, false));
  heir.active = true;
  CHECK(of_heir.lost(heir, false));
}

TEST_CASE("two owners exist in no row but the undecidable one") {
  for (const bool sync : {false, true}) {
    for (const Sight a : {Sight::unknown, clear, lost}) {
      for (const Sight b : {Sight::unknown, clear, lost}) {
        for (const SplitPolicy policy : {SplitPolicy::availability, SplitPolicy::preferred}) {
          for (const bool b_preferred : {false, true}) {
            const Row row{"", true, false, sync, a, b, Outcome::nobody, true, false, true, policy, b_preferred};
            if (play(row) == Outcome::both) {
              CHECK_FALSE(sync);
              CHECK(policy == SplitPolicy::availability);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("after a split the epoch decides, then the priority, then the address: always exactly one goes") {
  const auto goes = [](std::uint64_t mine, std::uint64_t theirs, int my_priority, int their_priority, bool beats) {
    Voices voices{.active = true, .preferred = true, .sight = clear, .peer = voice_of(true, true, clear, theirs),
                  .epoch = mine, .priority = static_cast<std::uint8_t>(my_priority), .beats_by_address = beats};
    voices.peer->priority = static_cast<std::uint8_t>(their_priority);
    const Verdict verdict = decide(voices);
    if (verdict.must_release) CHECK(verdict.reason == Reason::outvoted);
    return verdict.must_release;
  };
  for (const std::uint64_t mine : {1U, 2U}) {
    for (const std::uint64_t theirs : {1U, 2U}) {
      for (const int my_priority : {100, 200}) {
        for (const int their_priority : {100, 200}) {
          for (const bool beats : {false, true}) {
            CHECK(goes(mine, theirs, my_priority, their_priority, beats) !=
                  goes(theirs, mine, their_priority, my_priority, !beats));
          }
        }
      }
    }
  }
  CHECK(goes(1, 2, 200, 100, true));
  CHECK_FALSE(goes(2, 1, 100, 200, false));
}

TEST_CASE("policy preferred: of two owners the preferred one stays, whatever their epochs") {
  for (const bool preferred : {false, true}) {
    for (const std::uint64_t theirs : {1U, 3U}) {
      const Voices voices{.active = true, .preferred = preferred, .sight = clear, .peer = voice_of(true, true, clear, theirs),
                          .epoch = 2, .priority = 200, .policy = SplitPolicy::preferred};
      CHECK(decide(voices).must_release == !preferred);
      CHECK(decide(voices).contested == preferred);
    }
  }
}

TEST_CASE("a Backup that may not believe in silence waits, and takes over at once when it may") {
  using namespace test;  // NOLINT: test vocabulary
  Fsm fsm = in_backup();
  fsm.set_may_promote(false, start);
  const TimePoint due = *fsm.deadline();
  CHECK(fsm.on_time(due).empty());
  CHECK(fsm.held());
  CHECK(*fsm.deadline() > due);
  const TimePoint later = due + milliseconds(5);
  fsm.set_may_promote(true, later);
  CHECK(*fsm.deadline() == later);
  CHECK(text(fsm.on_time(later)) == "take advert:200 announce backup>active(adverts_missed)");
  CHECK_FALSE(fsm.held());
}

TEST_CASE("while it is held a Backup still ends a hand-over in time, and is never due in the past") {
  using namespace test;  // NOLINT: test vocabulary
  TimePoint now;
  Fsm fsm = in_active(now);
  fsm.shutdown(Release::planned, Cause::fault, now);
  fsm.startup(now);
  fsm.set_may_promote(false, now);
  const TimePoint end = now + std::chrono::seconds(2);
  int wakes = 0;
  while (now < end && wakes < 1000) {
    now = std::max(now, *fsm.deadline());
    fsm.on_time(now);
    CHECK(*fsm.deadline() > now);
    ++wakes;
  }
  CHECK(wakes < 1000);
  CHECK_FALSE(fsm.holds_addresses());
  CHECK(fsm.held());
}

TEST_CASE("a held Backup listens again after each stall: it may have missed what the peer says") {
  using namespace test;  // NOLINT: test vocabulary
  Fsm fsm = in_backup();
  for (int stall = 0; stall < 3; ++stall) {
    fsm.set_may_promote(false, start);
    fsm.on_time(*fsm.deadline());
    const TimePoint late = *fsm.deadline() + milliseconds(500);
    fsm.set_may_promote(true, late);  // for the heartbeats that waited were not read
    CHECK(fsm.on_time(late).empty());
    CHECK(fsm.state() == State::backup);
  }
}

TEST_CASE("a held Backup that listens after a stall does not stop because the peer seems to be silent, too") {
  using namespace test;  // NOLINT: test vocabulary
  Fsm fsm = in_backup();
  fsm.set_may_promote(false, start);
  fsm.on_time(*fsm.deadline());
  const TimePoint late = *fsm.deadline() + milliseconds(500);
  fsm.on_time(late);  // the peer's latest heartbeat is fresh still
  const TimePoint listened = *fsm.deadline();
  CHECK(listened > late + milliseconds(100));
  fsm.set_may_promote(true, late + milliseconds(1));
  CHECK(*fsm.deadline() == listened);
  CHECK(fsm.on_time(late + milliseconds(1)).empty());
  fsm.set_may_promote(false, late + milliseconds(2));  // the next one was read
  CHECK(fsm.on_time(listened).empty());
  CHECK(fsm.held());
}

TEST_CASE("no vote is needed for priority 0, preemption and the operator, and an advert ends the waiting") {
  using namespace test;  // NOLINT: test vocabulary
  for (const int priority : {0, 100}) {
    Fsm fsm = in_backup();
    fsm.set_may_promote(false, start);
    fsm.advert(heard(static_cast<std::uint8_t>(priority)), start);
    fsm.on_time(*fsm.deadline());
    CHECK(fsm.state() == State::active);
  }
  Fsm forced = in_backup();
  forced.set_may_promote(false, start);
  CHECK_FALSE(forced.promote(start).empty());
  Fsm heard_again = in_backup();
  heard_again.set_may_promote(false, start);
  heard_again.on_time(*heard_again.deadline());
  heard_again.advert(heard(250), *heard_again.deadline());
  CHECK_FALSE(heard_again.held());
}

TEST_CASE("an owner that is voted down leaves at once and stays in the game; its epoch grows with each promotion") {
  using namespace test;  // NOLINT: test vocabulary
  TimePoint now;
  Fsm fsm = in_active(now);
  CHECK(text(fsm.yield(now)) == "advert:0 drop active>backup(voted)");
  CHECK(*fsm.deadline() == now + fsm.active_down_interval());
  CHECK(fsm.yield(now).empty());

  VirtualRouter router({.preferred = true, .address = own});
  router.update({.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true}, start);
  router.vote({}, 41, start);
  router.on_time(*router.deadline());
  CHECK(router.state() == State::active);
  CHECK(router.epoch() == 42);
  router.vote({.may_promote = false, .must_release = true, .reason = Reason::isolated}, 41, *router.deadline());
  CHECK(router.state() == State::backup);
  CHECK_FALSE(router.holds_addresses());
}

TEST_CASE("an owner that is outvoted leaves it to the adverts for an interval") {
  using namespace test;  // NOLINT: test vocabulary
  constexpr Verdict outvoted{.may_promote = false, .must_release = true, .reason = Reason::outvoted};
  VirtualRouter router = owning_router();
  TimePoint now = start + std::chrono::seconds(10);
  CHECK(router.vote(outvoted, 7, now).empty());
  CHECK(router.verdict().contested);
  CHECK(router.vote({}, 7, now + milliseconds(50)).size() > 0);  // the peer went: announced again
  CHECK(router.epoch() == 8);
  CHECK(router.vote(outvoted, 9, now + milliseconds(60)).empty());
  router.vote(outvoted, 9, now + milliseconds(159));
  CHECK(router.state() == State::active);
  router.vote(outvoted, 9, now + milliseconds(160));
  CHECK(router.state() == State::backup);
}

TEST_CASE("a Backup whose owner has become unfit waits for Skew_Time only") {
  using namespace test;  // NOLINT: test vocabulary
  const PeerVoice owner{.owns = true, .fit = true, .sight = clear};
  const PeerVoice unfit{.owns = false, .fit = false, .sight = clear};
  const PeerVoice late{.owns = false, .fit = true, .sight = clear};
  const auto backup = [] {
    VirtualRouter router({.preferred = false, .address = own});
    router.update({.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true}, start);
    router.advert(heard(253), start);
    return router;
  };
  const auto hear = [](VirtualRouter& router, std::optional<PeerVoice> peer, Sight sight, TimePoint now) {
    router.vote(decide({.sight = sight, .peer = peer, .peer_gone = false}), 0, now);
    return *router.deadline() - now;
  };
  const TimePoint now = start + milliseconds(10);
  const Duration skew = Duration(milliseconds(100)) * (256 - 252) / 256;
  const Duration whole = milliseconds(300) + skew - milliseconds(10);

  VirtualRouter router = backup();
  CHECK(hear(router, owner, clear, now) == whole);
  CHECK(hear(router, unfit, clear, now) == skew);
  CHECK(hear(router, unfit, clear, now + milliseconds(1)) == skew - milliseconds(1));  // said again, it is no news
  CHECK(text(router.on_time(now + skew)) == "take advert:252 announce backup>active(owner_unfit)");

  struct Word {
    const char* what;
    std::optional<PeerVoice> before, then;
    Sight sight;
  };
  const Word words[] = {
      {"it was no owner: older than the adverts of one that is fit again", late, unfit, clear},
      {"nothing was heard before", std::nullopt, unfit, clear},
      {"it is late, but fit: the adverts decide", owner, late, clear},
      {"its heartbeat ended", owner, std::nullopt, clear},
      {"this node does not see its LAN", owner, unfit, Sight::lost},
  };
  for (const Word& word : words) {
    CAPTURE(word.what);
    VirtualRouter other = backup();
    hear(other, word.before, clear, now);
    CHECK(hear(other, word.then, word.sight, now) == whole);
  }

  VirtualRouter heard_again = backup();
  hear(heard_again, owner, clear, now);
  hear(heard_again, unfit, clear, now);
  heard_again.advert(heard(253), now);
  CHECK(*heard_again.deadline() - now == milliseconds(300) + skew);
}

TEST_CASE("an owner that hears of a newer reign which is over announces itself again, once") {
  using namespace test;  // NOLINT: test vocabulary
  VirtualRouter router = owning_router();
  const TimePoint now = start + std::chrono::seconds(10);
  CHECK(router.vote({}, 0, now).empty());
  CHECK(text(router.vote({}, 5, now)) == "announce");
  CHECK(router.epoch() == 6);
  router.on_time(now);
  CHECK(router.vote({}, 5, now + milliseconds(1)).empty());
}

TEST_CASE("an owner that hears another one leave announces itself again, but not with each repetition") {
  using namespace test;  // NOLINT: test vocabulary
  VirtualRouter router = owning_router();
  TimePoint now = start + std::chrono::seconds(10);
  CHECK(text(router.advert(heard(0), now)) == "advert:253 announce");
  for (int second = 1; second <= 20; ++second) {
    now += std::chrono::seconds(1);
    run_until(router, now);
    CHECK(text(router.advert(heard(0), now)) == "advert:253");
  }
  now += std::chrono::seconds(3);
  run_until(router, now);
  CHECK(text(router.advert(heard(0), now)) == "advert:253 announce");
}

TEST_CASE("heartbeat: bytes and back, and nothing else is taken for one") {
  Heartbeat heartbeat{.boot = 0x0102030405060708, .sequence = 42, .period_ms = 10, .sight = clear, .addresses = {}};
  heartbeat.addresses.push_back({.name = name_hash("vip-a"), .owns = true, .fit = true, .priority = 253, .epoch = 9});
  heartbeat.addresses.push_back({.name = name_hash("vip-b"), .owns = false, .fit = true, .priority = 1, .epoch = 1});
  const std::string bytes = encode(heartbeat);
  CHECK(decode_heartbeat(bytes) == heartbeat);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_heartbeat(bytes.substr(0, size)));
  CHECK_FALSE(decode_heartbeat(bytes + "x"));
  std::string other = bytes;
  other[0] = 2;
  CHECK_FALSE(decode_heartbeat(other));
  heartbeat.addresses.resize(400);
  CHECK(decode_heartbeat(encode(heartbeat))->addresses.size() == most_heartbeat_addresses);
  CHECK(encode(heartbeat).size() <= 4096);
}

TEST_CASE("heartbeat: only a sequence that grows is a sign of life") {
  const TimePoint start{std::chrono::hours(1)};
  PeerHeartbeat peer;
  Heartbeat heartbeat{.boot = 1, .sequence = 5, .period_ms = 100, .sight = clear, .addresses = {}};
  heartbeat.addresses.push_back({.name = 7, .owns = true, .fit = true, .priority = 253, .epoch = 9});
  peer.take(heartbeat, start);  // what syncd kept from earlier
  CHECK_FALSE(peer.voice(7, start));
  CHECK(peer.epoch(7) == 9);
  peer.take(heartbeat, start + milliseconds(10));  // once more the same
  CHECK_FALSE(peer.fresh(start + milliseconds(10)));
  ++heartbeat.sequence;
  peer.take(heartbeat, start + milliseconds(100));
  CHECK(peer.voice(7, start + milliseconds(100))->owns);
  CHECK(peer.voice(7, start + milliseconds(399)));
  CHECK_FALSE(peer.voice(7, start + milliseconds(400)));
  CHECK_FALSE(peer.gone(start + milliseconds(699)));
  CHECK(peer.gone(start + milliseconds(700)));
  CHECK(peer.next_doubt(start + milliseconds(100)) == start + milliseconds(400));
  CHECK(peer.next_doubt(start + milliseconds(399)) == start + milliseconds(400));
  CHECK(peer.next_doubt(start + milliseconds(400)) == start + milliseconds(700));
  CHECK_FALSE(peer.next_doubt(start + milliseconds(700)).has_value());
  CHECK_FALSE(peer.voice(8, start + milliseconds(100)));
  heartbeat.boot = 2;
  heartbeat.sequence = 1;
  peer.take(heartbeat, start + milliseconds(200));
  CHECK_FALSE(peer.fresh(start + milliseconds(200)));
}

TEST_CASE("witnesses: clear while one answers, doubtful before it is lost, lost when all are silent, unknown before that") {
  const TimePoint start{std::chrono::hours(1)};
  WitnessSight sight(2, milliseconds(200));
  CHECK(sight.sight(start) == Sight::unknown);
  sight.heard(0, false, start);
  CHECK(sight.sight(start) == Sight::unknown);
  CHECK(sight.answers(0) == false);
  CHECK_FALSE(sight.answers(1).has_value());
  sight.heard(1, false, start);
  CHECK(sight.sight(start) == lost);
  CHECK_FALSE(sight.long_lost(start + long_silence - milliseconds(1)));
  CHECK(sight.long_lost(start + long_silence));
  sight.heard(0, true, start);
  CHECK(sight.sight(start + milliseconds(199)) == clear);
  CHECK(sight.sight(start + milliseconds(200)) == Sight::doubtful);
  CHECK_FALSE(sight.long_lost(start + long_silence));
  sight.heard(1, true, start);
  sight.heard(0, false, start);
  CHECK(sight.sight(start) == clear);
  CHECK(WitnessSight(0, milliseconds(200)).sight(start) == Sight::unknown);
}

}  // namespace
}  // namespace tandem::vrrp
