// Sync groups of two to four members on two LANs, and single addresses, between two nodes that track an interface.
#include <doctest/doctest.h>

#include "tests/sim/vrrpd/groups.hpp"

namespace tandem::vrrp::sim {
namespace {

// One thing that goes wrong, or gets well.
void mishap(Groups& groups) {
  auto& random = groups.random();
  const std::size_t node = random() % Groups::nodes;
  const std::size_t lan = random() % Groups::lans;
  switch (random() % 11) {
    case 0: groups.die(node); break;
    case 1: case 2: groups.boot(node); break;
    case 3: groups.pause(node); break;
    case 4: groups.resume(node); break;
    case 5: groups.plug(node, lan, false); break;
    case 6: groups.plug(node, lan, true); break;
    case 7: groups.cut(lan, random() % 2 == 0); break;
    case 8: groups.plug_tracked(node, random() % 2 == 0); break;
    case 9: groups.stop(node); break;
    default: groups.fail_over(node);
  }
}

Groups settled(std::uint32_t seed, double loss) {
  Groups groups(seed);
  groups.set_loss(loss);
  for (std::size_t node = 0; node < Groups::nodes; ++node) groups.boot(node);
  groups.run(seconds(3));
  groups.reset_moves();
  return groups;
}

TEST_CASE("chaos: the members of a group have one owner, and somebody who is fit owns") {
  for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
    CAPTURE(seed);
    Groups groups(seed);
    groups.set_loss(seed % 2 == 0 ? 0.4 : 0);
    for (std::size_t node = 0; node < Groups::nodes; ++node) groups.boot(node);
    const auto mishaps = 1 + groups.random()() % 12;
    for (unsigned long i = 0; i < mishaps; ++i) {
      groups.run(milliseconds(groups.random()() % 400));
      mishap(groups);
    }
    groups.run(seconds(3));  // as things are
    groups.heal();
    groups.run(milliseconds(200));
    groups.heal();  // one that was leaving has left
    groups.run(seconds(4));
    REQUIRE(groups.failure() == "");
    CHECK(groups.owner().has_value());
  }
}

TEST_CASE("one fault, one move") {
  struct Fault {
    const char* what;
    void (*begin)(Groups&, std::size_t owner);
    int moves;
  };
  const Fault faults[] = {
      {"the owner dies", [](Groups& g, std::size_t owner) { g.die(owner); }, 1},
      {"the owner stops", [](Groups& g, std::size_t owner) { g.stop(owner); }, 1},
      {"the owner freezes", [](Groups& g, std::size_t owner) { g.pause(owner); }, 1},
      {"one cable of the owner", [](Groups& g, std::size_t owner) { g.plug(owner, g.random()() % 2, false); }, 1},
      {"the operator", [](Groups& g, std::size_t owner) { g.fail_over(owner); }, 1},
      {"the operator, asked on the other node", [](Groups& g, std::size_t owner) { g.fail_over(1 - owner); }, 1},
      {"one LAN cut: the owner is heard on the other one", [](Groups& g, std::size_t) { g.cut(g.random()() % 2, true); }, 0},
      {"one cable of the Backup", [](Groups& g, std::size_t owner) { g.plug(1 - owner, 0, false); }, 0},
      {"the Backup dies", [](Groups& g, std::size_t owner) { g.die(1 - owner); }, 0},
      {"nothing", [](Groups&, std::size_t) {}, 0},
  };
  for (std::uint32_t seed = 0; seed < 250; ++seed) {
    if (Groups(seed).members() < 2) continue;
    for (const Fault& fault : faults) {
      CAPTURE(seed);
      CAPTURE(fault.what);
      Groups groups = settled(seed, seed % 2 == 0 ? 0.4 : 0);
      REQUIRE(groups.owner().has_value());
      const std::size_t owner = *groups.owner();
      fault.begin(groups, owner);
      groups.run(seconds(3));
      REQUIRE(groups.failure() == "");
      CHECK(groups.moves() == fault.moves);
      CHECK(groups.owner() == (fault.moves == 0 ? owner : 1 - owner));
    }
  }
}

// After a failover both nodes have the same priority, and on one LAN the one has the higher address, on the other the other.
TEST_CASE("two owners of equal priority that hear each other again: one goes, one stays") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Groups groups = settled(seed, 0);
    groups.fail_over(1);
    groups.run(seconds(3));
    groups.cut(0, true);
    groups.cut(1, true);
    groups.run(seconds(2));
    for (std::size_t node = 0; node < Groups::nodes; ++node) CHECK(groups.holds(node, 0));
    groups.reset_moves();
    groups.cut(seed % 2, false);
    groups.cut(1 - seed % 2, false);
    groups.run(seconds(3));
    REQUIRE(groups.failure() == "");
    CHECK(groups.owner() == 1U);
    CHECK_FALSE(groups.holds(0, 0));
    CHECK(groups.moves() == 0);
  }
}

TEST_CASE("what the group tracks moves all of it, and back once it is well") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Groups groups = settled(seed, seed % 2 == 0 ? 0.4 : 0);
    REQUIRE(groups.owner() == 0);
    groups.plug_tracked(0, false);
    groups.run(seconds(3));
    const bool moves = groups.weight() == 0 || groups.preempts();
    CHECK(groups.owner() == (moves ? 1U : 0U));
    CHECK(groups.moves() == (moves ? 1 : 0));
    groups.plug_tracked(0, true);
    groups.run(seconds(3));
    REQUIRE(groups.failure() == "");
    CHECK(groups.owner() == (groups.preempts() ? 0U : groups.weight() == 0 ? 1U : 0U));
    CHECK(groups.moves() <= 2);
  }
}

TEST_CASE("a cable that is pulled moves the group in milliseconds, on both LANs") {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Groups groups = settled(seed, 0);
    if (groups.members() < 2) continue;
    REQUIRE(groups.owner() == 0);
    groups.plug(0, groups.random()() % 2, false);
    groups.run(milliseconds(6));
    REQUIRE(groups.failure() == "");
    CHECK(groups.owner() == 1U);
    for (std::size_t member = 0; member < groups.members(); ++member) CHECK_FALSE(groups.holds(0, member));
  }
}

}  // namespace
}  // namespace tandem::vrrp::sim
