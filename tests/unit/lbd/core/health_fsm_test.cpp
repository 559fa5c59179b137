#include "lbd/core/health/fsm.hpp"

#include <doctest/doctest.h>

#include "lbd/core/rng.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};
constexpr std::uint64_t no_jitter_2s = 200'000'000;  // the middle of +-10 % of 2 s

config::HealthCheckConfig check() { return {}; }  // every 2 s, 500 ms in transition, down 3, up 2

/// Runs one probe at the deadline with the given outcome; true if the verdict changed.
bool probe(HealthFsm& fsm, bool healthy, const char* reason = "x") {
  const TimePoint at = fsm.deadline();
  REQUIRE(fsm.probe_due(at));
  return fsm.on_result({healthy, reason}, at, 0);
}

}  // namespace

TEST_CASE("the first result decides at once") {
  for (const bool healthy : {true, false}) {
    HealthFsm fsm(check(), start, 12345);
    CHECK(fsm.verdict() == HealthVerdict::unknown);
    CHECK(fsm.reason() == "not checked yet");
    CHECK(fsm.deadline() <= start + 100ms);
    CHECK(probe(fsm, healthy, "first"));
    CHECK(fsm.verdict() == (healthy ? HealthVerdict::up : HealthVerdict::down));
    CHECK(fsm.reason() == "first");
  }
}

TEST_CASE("verdict and run of results") {
  // u and d are results; the wanted verdict after each stands below it.
  struct Row { const char* results; const char* verdicts; };
  const Row rows[] = {
      {"uddd", "uuud"},
      {"uddudd", "uuuuuu"},
      {"udddu", "uuudd"},
      {"udddudu", "uuudddd"},
      {"uddduu", "uuuddu"},
      {"duu", "ddu"},
      {"dudu", "dddd"},
      {"dddduuddd", "dddddu" "uud"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.results);
    HealthFsm fsm(check(), start, 0);
    HealthVerdict before = HealthVerdict::unknown;
    for (std::size_t i = 0; row.results[i] != '\0'; ++i) {
      const bool changed = probe(fsm, row.results[i] == 'u');
      CHECK((fsm.verdict() == HealthVerdict::up) == (row.verdicts[i] == 'u'));
      CHECK(changed == (fsm.verdict() != before));
      before = fsm.verdict();
    }
  }
}

TEST_CASE("slow when settled, fast in transition, with jitter of ten per cent") {
  HealthFsm fsm(check(), start, 0);
  const auto gap = [&fsm](bool healthy, std::uint64_t random) {
    const TimePoint at = fsm.deadline();
    REQUIRE(fsm.probe_due(at));
    fsm.on_result({healthy, ""}, at, random);
    return fsm.deadline() - at;
  };
  CHECK(gap(true, no_jitter_2s) == 2s);
  CHECK(gap(true, 0) == 1800ms);
  CHECK(gap(true, 400'000'000) == 2200ms);
  CHECK(gap(false, 50'000'000) == 500ms);
  CHECK(gap(false, 50'000'000) == 500ms);
  CHECK(fsm.contradictions() == 2);
  CHECK(gap(false, no_jitter_2s) == 2s);  // settled: down
  CHECK(gap(true, 50'000'000) == 500ms);
  CHECK(gap(true, no_jitter_2s) == 2s);
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const Duration between = gap(true, rng.next());
    CHECK(between >= 1800ms);
    CHECK(between <= 2200ms);
  }
}

TEST_CASE("never two probes, never too early") {
  HealthFsm fsm(check(), start, 50'000'000);
  const TimePoint first = fsm.deadline();
  CHECK_FALSE(fsm.probe_due(first - 1ns));
  CHECK(fsm.probe_due(first));
  CHECK_FALSE(fsm.probe_due(first + 1h));
  CHECK(fsm.deadline() == TimePoint::max());
  fsm.hurry(first + 1s);
  CHECK(fsm.deadline() == TimePoint::max());
  fsm.on_result({true, "ok"}, first + 1s, no_jitter_2s);
  CHECK(fsm.deadline() == first + 3s);
  fsm.hurry(first + 2s);
  CHECK(fsm.deadline() == first + 2s);
  fsm.hurry(first + 5s);  // later than planned: no effect
  CHECK(fsm.deadline() == first + 2s);
}

TEST_CASE("a reload inherits the verdict, not the outstanding probe") {
  HealthFsm old(check(), start, 0);
  probe(old, true, "status 200");
  probe(old, false, "timeout");
  const TimePoint at = old.deadline();
  REQUIRE(old.probe_due(at));

  config::HealthCheckConfig changed = check();
  changed.unhealthy_threshold = 2;
  HealthFsm fsm(changed, old, at, 0);
  CHECK(fsm.verdict() == HealthVerdict::up);
  CHECK(fsm.since() == old.since());
  CHECK(fsm.reason() == "timeout");
  CHECK(fsm.deadline() <= at + 100ms);
  CHECK(probe(fsm, false, "connect refused"));  // the second in a row, with the new threshold
  CHECK(fsm.verdict() == HealthVerdict::down);
  CHECK(to_string(fsm.verdict()) == "down");
}
