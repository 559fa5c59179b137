// A pair under random writes, cuts and restarts: after things calm down all copies are equal, and no write is lost of
// which a copy lived.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "tests/sim/syncd/pair_sim.hpp"

using namespace tandem;
using namespace tandem::sync;
using namespace tandem::sync::sim;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* table = "sticky";

std::string stored_value(const Replicator& syncd, const std::string& key) {
  const replica::Record* record = syncd.store().find(table, key);
  return record == nullptr || record->deleted ? "" : record->value;
}

bool has_tombstone(const Replicator& syncd, const std::string& key) {
  const replica::Record* record = syncd.store().find(table, key);
  return record != nullptr && record->deleted;
}

/// What each key must be in the end: its last write, as long as someone alive knows of it. Each key has one writer, so
/// that "last" is well defined. "" stands for erased.
class Expectation {
 public:
  void wrote(const std::string& key, const std::string& value) { last_[key] = value; }

  /// Call after something was killed: forgets writes that died with it.
  void forget_lost(PairSim& sim) {
    for (auto it = last_.begin(); it != last_.end();) {
      it = somebody_knows(sim, it->first, it->second) ? std::next(it) : last_.erase(it);
    }
  }

  void check(PairSim& sim) const {
    for (const auto& [name, value] : last_) {
      const std::string& key = name;  // CAPTURE cannot take a structured binding
      for (std::size_t n = 0; n < 2; ++n) {
        CAPTURE(key);
        CAPTURE(n);
        REQUIRE(stored_value(*sim.node(n).syncd, key) == value);
      }
    }
  }

 private:
  /// An erasure counts as known only by a syncd's tombstone: a client without the key may just be fresh.
  static bool somebody_knows(PairSim& sim, const std::string& key, const std::string& value) {
    for (std::size_t n = 0; n < 2; ++n) {
      Node& node = sim.node(n);
      if (value.empty() ? has_tombstone(*node.syncd, key) : stored_value(*node.syncd, key) == value) return true;
      for (const Client& client : node.clients) {
        if (!value.empty() && client.copy->value(table, key, sim.now()) == value) return true;
      }
    }
    return false;
  }

  std::map<std::string, std::string> last_;
};

/// Every copy of the pair must hold the same; returns their number of entries.
std::size_t check_equal(PairSim& sim) {
  const replica::Store& first = sim.node(0).syncd->store();
  const replica::Store& second = sim.node(1).syncd->store();
  std::size_t live = 0;
  for (const replica::Record* r = first.next_change(0); r != nullptr; r = first.next_change(r->change)) {
    const replica::Record* other = second.find(*r->table, *r->key);
    REQUIRE(other != nullptr);
    REQUIRE(other->version == r->version);
    REQUIRE(other->value == r->value);
    REQUIRE(other->deleted == r->deleted);
    live += r->deleted ? 0 : 1;
    for (std::size_t n = 0; n < 2; ++n) {
      for (Client& client : sim.node(n).clients) {
        const auto value = client.copy->value(*r->table, *r->key, sim.now());
        REQUIRE(value.has_value() == !r->deleted);
        if (value) REQUIRE(*value == r->value);
      }
    }
  }
  CHECK(first.live_entries() == second.live_entries());
  for (const auto& status : first.tables()) CHECK(*first.sums(status.name) == *second.sums(status.name));
  for (std::size_t n = 0; n < 2; ++n) {
    for (Client& client : sim.node(n).clients) CHECK(client.copy->entries() == live);
  }
  return live;
}

/// What a client was told, applied in order, plus its own writes, must be what it holds.
void check_announcements(Client& client, const std::map<std::string, std::string>& own, TimePoint now) {
  std::map<std::string, std::string> view;
  for (const wire::Entry& entry : client.changes) {
    if (entry.deleted) view.erase(entry.key); else view[entry.key] = entry.value;
  }
  for (const auto& [name, value] : view) {
    const std::string& key = name;
    if (own.contains(key)) continue;
    CAPTURE(key);
    REQUIRE(client.copy->value(table, key, now) == value);
  }
}

struct Chaos {
  std::size_t steps = 1500;
  std::size_t keys = 30;
  std::size_t kill_every = 40;  // steps, on average; 0: never
  bool erase = true;
};

void run_chaos(std::uint32_t seed, const Chaos& chaos, bool growing_epochs = true) {
  CAPTURE(seed);
  PairSim sim(seed, 2, growing_epochs);
  Expectation expectation;
  std::uint64_t values = 0;
  for (std::size_t step = 0; step < chaos.steps; ++step) {
    sim.run(milliseconds(sim.below(20)));
    const std::size_t n = sim.below(2);
    Node& node = sim.node(n);
    Client& client = node.clients[sim.below(node.clients.size())];
    switch (sim.below(8)) {
      case 0: case 1: case 2: {
        const std::string key = client.name + "/" + std::to_string(sim.below(chaos.keys));
        const std::string value = "v" + std::to_string(++values);
        REQUIRE(client.copy->put(table, key, value, std::nullopt, sim.now()));
        expectation.wrote(key, value);
        break;
      }
      case 3: {
        if (!chaos.erase) break;
        const std::string key = client.name + "/" + std::to_string(sim.below(chaos.keys));
        REQUIRE(client.copy->erase(table, key, sim.now()));
        expectation.wrote(key, "");
        break;
      }
      case 4: {  // keys that everybody writes: only convergence can be asked of them
        REQUIRE(client.copy->put(table, "shared/" + std::to_string(sim.below(5)), client.name, std::nullopt, sim.now()));
        break;
      }
      case 5: sim.connect_client(node, client); break;
      case 6: if (sim.below(3) == 0) sim.link(); break;
      case 7: if (sim.below(6) == 0) sim.disconnect_client(node, client); break;
    }
    if (chaos.kill_every == 0 || sim.below(chaos.kill_every) != 0) continue;
    switch (sim.below(3)) {
      case 0: sim.restart_client(node, client); break;
      case 1: sim.restart_syncd(n); break;
      case 2: sim.unlink(); break;
    }
    expectation.forget_lost(sim);
  }
  REQUIRE(sim.settle());
  for (const std::string& error : sim.protocol_errors) FAIL_CHECK("protocol error: " << error);
  CHECK(check_equal(sim) > 0);
  if (growing_epochs) expectation.check(sim);
  for (std::size_t n = 0; n < 2; ++n) {
    for (Client& client : sim.node(n).clients) {
      std::map<std::string, std::string> own;  // keys that this client wrote itself are not announced to it
      for (std::size_t k = 0; k < chaos.keys; ++k) own[client.name + "/" + std::to_string(k)];
      for (std::size_t k = 0; k < 5; ++k) own["shared/" + std::to_string(k)];
      check_announcements(client, own, sim.now());
    }
  }
}

}  // namespace

TEST_CASE("writes, cuts and restarts in any order: copies end equal, nothing is lost of which a copy lived") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) run_chaos(seed, Chaos{});
}

TEST_CASE("the same with few keys and constant restarts") {
  for (std::uint32_t seed = 100; seed <= 140; ++seed) {
    Chaos chaos;
    chaos.keys = 3;
    chaos.kill_every = 8;
    run_chaos(seed, chaos);
  }
}

TEST_CASE("without restarts every last write wins") {
  for (std::uint32_t seed = 200; seed <= 220; ++seed) {
    Chaos chaos;
    chaos.kill_every = 0;
    run_chaos(seed, chaos);
  }
}

TEST_CASE("with a wall clock that does not move, copies still end equal") {
  for (std::uint32_t seed = 300; seed <= 330; ++seed) run_chaos(seed, Chaos{}, false);
}

TEST_CASE("a deletion outlives the peer's absence and a restart of the syncd that holds it") {
  for (const bool restart : {false, true}) {
    CAPTURE(restart);
    PairSim sim(1, 1);
    replica::ReplicaCopy& writer = *sim.node(0).clients[0].copy;
    REQUIRE(writer.put(table, "drained", "yes", std::nullopt, sim.now()));
    REQUIRE(sim.settle());
    REQUIRE(stored_value(*sim.node(1).syncd, "drained") == "yes");
    sim.unlink();
    REQUIRE(writer.erase(table, "drained", sim.now()));
    sim.pass(std::chrono::minutes(10));
    if (restart) {
      sim.restart_syncd(0);
      sim.connect_client(sim.node(0), sim.node(0).clients[0]);
      sim.pass(std::chrono::minutes(10));
    }
    REQUIRE(sim.settle());
    for (std::size_t n = 0; n < 2; ++n) {
      CHECK(stored_value(*sim.node(n).syncd, "drained").empty());
      CHECK_FALSE(sim.node(n).clients[0].copy->value(table, "drained", sim.now()));
    }
    // Known to all, it is forgotten.
    sim.pass(seconds(100));
    for (std::size_t n = 0; n < 2; ++n) CHECK(sim.node(n).syncd->store().tables().front().tombstones == 0);
  }
}

TEST_CASE("one after the other, in every order, all four are restarted: nothing is lost") {
  std::array<std::size_t, 4> order = {0, 1, 2, 3};
  do {
    PairSim sim(1, 1);
    for (std::size_t i = 0; i < 50; ++i) {
      REQUIRE(sim.node(i % 2).clients[0].copy->put(table, std::to_string(i), "v", std::nullopt, sim.now()));
    }
    REQUIRE(sim.settle());
    for (const std::size_t who : order) {
      Node& node = sim.node(who % 2);
      if (who < 2) sim.restart_syncd(who); else sim.restart_client(node, node.clients[0]);
      REQUIRE(sim.settle());
    }
    REQUIRE(check_equal(sim) == 50);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("both syncds at once, then both clients at once: nothing is lost") {
  PairSim sim(1, 2);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(sim.node(0).clients[0].copy->put(table, std::to_string(i), "v", std::nullopt, sim.now()));
  }
  REQUIRE(sim.settle());
  sim.restart_syncd(0);
  sim.restart_syncd(1);
  REQUIRE(sim.settle());
  REQUIRE(check_equal(sim) == 200);
  for (std::size_t n = 0; n < 2; ++n) {
    for (Client& client : sim.node(n).clients) sim.restart_client(sim.node(n), client);
  }
  REQUIRE(sim.settle());
  REQUIRE(check_equal(sim) == 200);
}

TEST_CASE("what has a life time ends everywhere, also across restarts") {
  PairSim sim(5, 1);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(sim.node(0).clients[0].copy->put(table, std::to_string(i), "v", seconds(20), sim.now()));
  }
  REQUIRE(sim.settle());
  REQUIRE(check_equal(sim) == 100);
  sim.pass(seconds(10));
  sim.restart_syncd(0);
  sim.restart_client(sim.node(1), sim.node(1).clients[0]);
  REQUIRE(sim.settle());
  REQUIRE(check_equal(sim) == 100);
  sim.pass(seconds(11));
  for (std::size_t n = 0; n < 2; ++n) {
    CHECK(sim.node(n).syncd->store().live_entries() == 0);
    CHECK(sim.node(n).clients[0].copy->entries() == 0);
  }
}
