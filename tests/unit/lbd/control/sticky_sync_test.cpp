#include "lbd/control/sticky_sync.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;

namespace {

struct Told {
  StickyBinding binding;
  std::optional<std::uint32_t> except;
};

struct Node {
  IdRegistry ids;
  std::vector<Told> told;
  std::vector<std::string> puts;
  std::vector<std::string> erased;
  config::Config config = test::shop();
  StickySync sync{{[this](const StickyBinding& b, std::optional<std::uint32_t> except) { told.push_back({b, except}); },
                   [this](const std::string& key, const std::string& backend, Duration ttl) {
                     puts.push_back(key + "=" + backend + "+" + std::to_string(ttl / 1s));
                   },
                   [this](const std::string& key) { erased.push_back(key); }}};

  Node() {
    config.target_groups.push_back(test::group("db", {test::backend("pg1", "192.0.2.5:5432")}));
    config.target_groups[1].sticky = config::StickyConfig{};
    config.target_groups[1].sticky->type = config::StickyConfig::Type::source;
    config.target_groups[1].sticky->ttl = 600s;
    sync.configure(config, ids);
  }
  StickyLearned learned(Duration ttl) {
    return {1, {ids.group("db"), IpAddress::v4({10, 0, 0, 9}), backend_identity("db", "pg1"), ttl}};
  }
};

wire::Entry entry(const std::string& key, const std::string& value) {
  wire::Entry result;
  result.table = "sticky";
  result.key = key;
  result.value = value;
  return result;
}

}  // namespace

TEST_CASE_FIXTURE(Node, "what a worker learns goes to the others and to the peer") {
  sync.learned(learned(600s));
  REQUIRE(told.size() == 1);
  CHECK(told[0].except == 1u);
  CHECK(puts == std::vector<std::string>{"db/10.0.0.9=pg1+600"});
  sync.learned(learned(0s));
  CHECK(erased == std::vector<std::string>{"db/10.0.0.9"});
}

TEST_CASE_FIXTURE(Node, "the peer's bindings go to all workers, by names") {
  auto from_peer = entry("db/2001:db8::7", "pg1");
  from_peer.remaining = 42s;
  sync.entry(from_peer);
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].except);
  CHECK(told[0].binding.group == ids.group("db"));
  CHECK(told[0].binding.source == *IpAddress::parse("2001:db8::7"));
  CHECK(told[0].binding.backend_identity == backend_identity("db", "pg1"));
  CHECK(told[0].binding.ttl == 42s);
  CHECK(puts.empty());
}

TEST_CASE_FIXTURE(Node, "a deleted entry ends the binding; one without end gets the group's life time") {
  auto gone = entry("db/10.0.0.9", "");
  gone.deleted = true;
  sync.entry(gone);
  CHECK(told.at(0).binding.ttl == 0s);
  sync.entry(entry("db/10.0.0.9", "pg1"));
  CHECK(told.at(1).binding.ttl == 600s);
}

TEST_CASE_FIXTURE(Node, "what is not a source of a group with source stickiness is counted and dropped") {
  for (const char* key : {"", "/", "db", "db/", "db/x", "shop/10.0.0.9", "nope/10.0.0.9", "db/10.0.0.9/8"}) {
    sync.entry(entry(key, "pg1"));
  }
  CHECK(told.empty());
  CHECK(sync.ignored() == 8);
}

TEST_CASE_FIXTURE(Node, "a reload takes effect") {
  config.target_groups[1].sticky.reset();
  sync.configure(config, ids);
  sync.entry(entry("db/10.0.0.9", "pg1"));
  CHECK(told.empty());
  sync.learned(learned(600s));  // from a worker that has not switched yet: harmless
  CHECK(puts.empty());
}

TEST_CASE("without a cluster only the other workers hear of it") {
  Node node;
  int told = 0;
  StickySync alone{{[&told](const StickyBinding&, std::optional<std::uint32_t>) { ++told; }, {}, {}}};
  alone.configure(node.config, node.ids);
  alone.learned(node.learned(600s));
  CHECK(told == 1);
}
