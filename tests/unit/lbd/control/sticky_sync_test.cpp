#include "lbd/control/sticky_sync.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using test::at;

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
    sync.configure(config, ids, at(0s));
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
  sync.entry(from_peer, at(0s));
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
  sync.entry(gone, at(0s));
  CHECK(told.at(0).binding.ttl == 0s);
  sync.entry(entry("db/10.0.0.9", "pg1"), at(0s));
  CHECK(told.at(1).binding.ttl == 600s);
}

TEST_CASE_FIXTURE(Node, "what is not a source is counted and dropped") {
  for (const char* key : {"", "/", "db", "db/", "db/x", "/10.0.0.9", "10.0.0.9", "db/10.0.0.9/8"}) {
    sync.entry(entry(key, "pg1"), at(0s));
  }
  CHECK(told.empty());
  CHECK(sync.ignored() == 8);
}

TEST_CASE_FIXTURE(Node, "a reload takes effect") {
  config.target_groups[1].sticky.reset();
  sync.configure(config, ids, at(0s));
  sync.entry(entry("db/10.0.0.9", "pg1"), at(0s));
  CHECK(told.empty());
  sync.learned(learned(600s));  // from a worker that has not switched yet: harmless
  CHECK(puts.empty());
}

TEST_CASE_FIXTURE(Node, "entries of a group that this node does not have yet wait for it") {
  auto mail = config;
  mail.target_groups.push_back(test::group("mail", {test::backend("m1", "192.0.2.9:25")}));
  mail.target_groups.back().sticky = config.target_groups[1].sticky;
  auto living = entry("mail/10.0.0.1", "m1");
  living.remaining = 100s;
  auto dying = entry("mail/10.0.0.2", "m1");
  dying.remaining = 5s;
  auto gone = entry("mail/10.0.0.3", "m1");
  sync.entry(living, at(0s));
  sync.entry(dying, at(0s));
  sync.entry(gone, at(0s));
  gone.deleted = true;
  sync.entry(gone, at(1s));
  sync.configure(config, ids, at(2s));  // another reload, still without the group
  CHECK(told.empty());
  CHECK(sync.ignored() == 0);
  sync.configure(mail, ids, at(10s));
  REQUIRE(told.size() == 1);
  CHECK(told[0].binding.source == IpAddress::v4({10, 0, 0, 1}));
  CHECK(told[0].binding.ttl == 90s);
  sync.configure(mail, ids, at(11s));
  CHECK(told.size() == 1);
}
