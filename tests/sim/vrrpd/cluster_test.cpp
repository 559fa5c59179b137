// Two to five routers on a LAN that misbehaves, ten thousand seeds.
#include <doctest/doctest.h>

#include "tests/sim/vrrpd/cluster.hpp"

namespace tandem::vrrp::sim {
namespace {

// One thing that goes wrong, or gets well.
void mishap(Cluster& cluster) {
  auto& random = cluster.random();
  const std::size_t node = random() % cluster.size();
  const std::size_t other = (node + 1 + random() % (cluster.size() - 1)) % cluster.size();
  switch (random() % 9) {
    case 0: cluster.die(node); break;
    case 1: case 2: cluster.boot(node); break;
    case 3: cluster.pause(node); break;
    case 4: cluster.resume(node); break;
    case 5: cluster.cut(node, other, true); break;                                      // one way
    case 6: cluster.cut(node, other, true), cluster.cut(other, node, true); break;
    case 7: cluster.cut(node, other, false), cluster.cut(other, node, false); break;
    default: cluster.set_delay(microseconds(100 + random() % 30'000));                  // reorders, if long
  }
}

// The wire of a calm moment may still lose two adverts in a row.
void calm_wire(Cluster& cluster) {
  cluster.set_loss(cluster.random()() % 2 ? 0.5 : 0.0);
  cluster.set_duplication(cluster.random()() % 2 ? 0.3 : 0.0);
}

TEST_CASE("chaos in clusters of two to five: one owner per component, never none, no flap") {
  for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
    CAPTURE(seed);
    Cluster cluster(seed);
    calm_wire(cluster);
    for (std::size_t i = 0; i < cluster.size(); ++i) cluster.boot(i);
    const auto mishaps = 1 + cluster.random()() % 12;
    for (unsigned long i = 0; i < mishaps; ++i) {
      cluster.run(milliseconds(cluster.random()() % 300));
      mishap(cluster);
    }
    cluster.set_delay(microseconds(150));
    cluster.run(seconds(5));  // the cuts remain: each component has its own
    cluster.heal();
    cluster.run(seconds(5));
    REQUIRE(cluster.failure() == "");
    CHECK(cluster.owners() == 1);
  }
}

TEST_CASE("with Preempt_Mode the best of the living owns in the end") {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    Cluster cluster(seed);
    if (!cluster.preempts()) continue;
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      cluster.boot(i);
      cluster.run(milliseconds(cluster.random()() % 500));
    }
    cluster.run(seconds(4));
    REQUIRE(cluster.failure() == "");
    CHECK(cluster.owners() == 1);
    // Equal priorities are decided between owners only: a Backup of the best priority may stay one.
    if (!cluster.owns(cluster.best())) {
      std::size_t owner = 0;
      while (!cluster.owns(owner)) ++owner;
      CHECK(cluster.priority(owner) == cluster.priority(cluster.best()));
    }
  }
}

TEST_CASE("the checks can fail: three adverts lost in a row are a flap") {
  int failures = 0;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    Cluster cluster(seed);
    for (std::size_t i = 0; i < cluster.size(); ++i) cluster.boot(i);
    cluster.run(seconds(5));
    cluster.set_loss(0.9);
    cluster.losses_in_a_row = 8;
    cluster.run(seconds(10));
    failures += cluster.failure().empty() ? 0 : 1;
  }
  CHECK(failures == 50);
}

}  // namespace
}  // namespace tandem::vrrp::sim
