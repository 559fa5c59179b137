// The pair as it is shipped, with all voices and clocks of its own, in a storm: ten thousand seeds.
#include <doctest/doctest.h>

#include "tests/sim/vrrpd/invariants.hpp"

namespace tandem::vrrp::sim {
namespace {

constexpr double most_drift = 300e-6;  // several times what a clock of today has

Settings settings_of(std::uint32_t seed) {
  return {.preempt = seed % 3 != 0, .preempt_delay = milliseconds(seed % 5 == 0 ? 500 : 0), .voices = true,
          .policy = seed % 2 ? SplitPolicy::preferred : SplitPolicy::availability, .drift = most_drift};
}

// One thing that goes wrong, or gets well.
void mishap(Simulation& s) {
  auto& random = s.random();
  const int node = static_cast<int>(random() % 2);
  const auto i = static_cast<std::size_t>(node);
  const bool wrong = random() % 2 == 0;
  switch (random() % 20) {
    case 0: s.die(node); break;
    case 1: s.kill_daemon(node); break;
    case 2: s.die(node), s.boot(node); break;
    case 3: case 4: s.boot(node); break;
    case 5: s.pause(node); break;
    case 6: s.resume(node); break;
    case 7: s.set_lbd(node, false, false); break;
    case 8: s.set_lbd(node, true, false); break;
    case 9: s.set_lbd(node, true, true); break;
    case 10: s.fail_over(node); break;
    case 11: s.set_in_sync(node, random() % 2 == 0); break;
    case 12: s.wire.cut_from[i] = wrong; break;
    case 13: s.wire.cut_from = {wrong, wrong}; break;
    case 14: s.sync.cut_from[i] = wrong; break;
    case 15: s.sync.cut_from = {wrong, wrong}; break;
    case 16: s.blind[i] = wrong; break;
    case 17: s.wire.loss = s.sync.loss = static_cast<double>(random() % 7) / 10; break;
    case 18: s.wire.max_delay = milliseconds(1 + random() % 150); s.wire.duplication = 0.2; break;
    default: s.sync.max_delay = milliseconds(3 + random() % 150); s.sync.duplication = 0.2;
  }
}

// The links work as well as they ever do; cuts remain.
void calm_links(Simulation& s) {
  const bool loses = s.random()() % 2 == 0;
  for (Wire* link : {&s.wire, &s.sync}) link->duplication = 0;
  s.wire.max_delay = Wire{}.max_delay;
  s.sync.max_delay = milliseconds(3);
  s.wire.loss = loses ? 0.5 : 0;
  s.wire.max_consecutive_losses = 2;
  s.sync.loss = 0;
}

void heal(Simulation& s) {
  s.wire.cut_from = s.sync.cut_from = s.blind = {};
  for (const int node : {0, 1}) {
    s.resume(node);
    s.boot(node);
    s.set_lbd(node, true, true);
    s.set_in_sync(node, true);
  }
}

TEST_CASE("a storm around the shipped pair: never two owners that can know, never none, no flap") {
  for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
    CAPTURE(seed);
    Simulation s(seed, settings_of(seed));
    Invariants invariants(s, settings_of(seed).policy);
    s.boot(0);
    s.boot(1);
    const auto mishaps = 1 + s.random()() % 30;
    for (unsigned long i = 0; i < mishaps; ++i) {
      s.run(milliseconds(s.random()() % (s.random()() % 5 ? 250 : 1500)));
      mishap(s);
      invariants.disturbed();
    }
    s.run(milliseconds(150));  // what is still on the slow links
    calm_links(s);
    invariants.disturbed();
    s.run(seconds(6));
    heal(s);
    invariants.disturbed();
    s.run(seconds(6));
    CHECK(s.actives() == 1);
    CHECK(s.failure() == "");
    CHECK(invariants.failure() == "");
  }
}

// The watch is told another story than what happens: each of its sentences must come.
TEST_CASE("the checks can fail") {
  struct Lie {
    std::string failure;
    Settings settings;
    SplitPolicy told;
    std::function<void(Simulation&)> mishap;
    bool told_of_mishap = true;
  };
  const auto cut_all = [](Simulation& s) { s.wire.cut_from = s.sync.cut_from = {true, true}; };
  const auto cut_lan = [](Simulation& s) { s.wire.cut_from = {true, true}; };
  const auto kill_owner = [](Simulation& s) { s.die(0); };
  const Lie lies[] = {
      {"policy preferred: two owners", {.voices = true}, SplitPolicy::preferred, cut_all},
      {"two owners hear each other", {.voices = false}, SplitPolicy::availability, cut_lan},
      {"nobody owns, though a node should", {.voices = true, .policy = SplitPolicy::preferred}, SplitPolicy::availability,
       kill_owner},
      {"a flap: adverts_missed", {.voices = true}, SplitPolicy::availability, kill_owner, false},
  };
  for (const Lie& lie : lies) {
    CAPTURE(lie.failure);
    Simulation s(1, lie.settings);
    Invariants invariants(s, lie.told);
    s.boot(0);
    s.boot(1);
    s.run(seconds(6));
    REQUIRE(invariants.failure() == "");
    lie.mishap(s);
    if (lie.told_of_mishap) invariants.disturbed();
    s.run(seconds(6));
    CHECK(invariants.failure() == lie.failure);
  }
}

}  // namespace
}  // namespace tandem::vrrp::sim
