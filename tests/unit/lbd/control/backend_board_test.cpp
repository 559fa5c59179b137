#include "lbd/control/backend_board.hpp"

#include <doctest/doctest.h>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using test::at;
using Health = Availability::Health;

namespace {

struct Fixture {
  IdRegistry ids;
  BackendBoard board;
  config::Config config = test::shop();
  Fixture() { board.configure(config, ids, at(0s)); }
  BackendId id(const std::string& name) { return board.find("shop", name)->id; }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "nothing is up before its first verdict") {
  CHECK(board.unknown_count() == 2);
  CHECK_FALSE(board.find("shop", "s1")->availability().takes_new());
  CHECK_FALSE(board.find("shop", "s1")->availability().takes_bound());
  const auto change = board.set_verdict(id("s1"), Health::up, "HTTP 200", at(1s));
  REQUIRE(change);
  CHECK(*change == Availability{Health::up, false, 1});
  CHECK(board.unknown_count() == 1);
  CHECK(board.find("shop", "s1")->verdict.since == at(1s));
}

TEST_CASE_FIXTURE(Fixture, "the same verdict again changes only the reason") {
  board.set_verdict(id("s1"), Health::down, "refused", at(1s));
  CHECK_FALSE(board.set_verdict(id("s1"), Health::down, "timed out", at(2s)));
  CHECK(board.find("shop", "s1")->verdict.reason == "timed out");
  CHECK(board.find("shop", "s1")->verdict.since == at(1s));
}

TEST_CASE_FIXTURE(Fixture, "a late result of a removed backend is nobody's") {
  const BackendId removed = id("s2");
  config.target_groups[0].backends.pop_back();
  board.configure(config, ids, at(1s));
  CHECK_FALSE(board.set_verdict(removed, Health::up, "HTTP 200", at(2s)));
  CHECK(board.find(removed) == nullptr);
  CHECK(board.all().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "verdicts outlast a reload, except of a backend that moved") {
  board.set_verdict(id("s1"), Health::up, "ok", at(1s));
  board.set_verdict(id("s2"), Health::down, "refused", at(1s));
  config.target_groups[0].backends[1].address = *Endpoint::parse("192.0.2.77:80");
  config.target_groups[0].backends[0].weight = 9;
  board.configure(config, ids, at(5s));
  CHECK(board.find("shop", "s1")->availability() == Availability{Health::up, false, 9});
  CHECK(board.find("shop", "s1")->verdict.since == at(1s));
  CHECK(board.find("shop", "s2")->verdict.health == Health::unknown);
  CHECK(board.unknown_count() == 1);
}

TEST_CASE_FIXTURE(Fixture, "overrides: drain, weight, and back to the configuration") {
  board.set_verdict(id("s2"), Health::up, "ok", at(1s));
  auto change = board.set_override("shop", "s2", {true, std::nullopt});
  REQUIRE(change);
  CHECK(change->backend == id("s2"));
  CHECK(change->availability == Availability{Health::up, true, 3});
  CHECK_FALSE(change->availability.takes_new());
  CHECK(change->availability.takes_bound());
  CHECK_FALSE(board.set_override("shop", "s2", {true, std::nullopt}));  // again
  change = board.set_override("shop", "s2", {false, 7});
  REQUIRE(change);
  CHECK(change->availability == Availability{Health::up, false, 7});
  change = board.set_override("shop", "s2", {});
  REQUIRE(change);
  CHECK(change->availability == Availability{Health::up, false, 3});
}

TEST_CASE_FIXTURE(Fixture, "an override outlasts reloads, also ones that remove its backend for a while") {
  board.set_override("shop", "s1", {true, std::nullopt});
  config.target_groups[0].backends[0].address = *Endpoint::parse("192.0.2.50:80");
  board.configure(config, ids, at(1s));
  CHECK(board.find("shop", "s1")->override.drain);
  const auto removed = config;
  config.target_groups[0].backends.erase(config.target_groups[0].backends.begin());
  board.configure(config, ids, at(2s));
  board.configure(removed, ids, at(3s));
  CHECK(board.find("shop", "s1")->override.drain);
}

TEST_CASE_FIXTURE(Fixture, "an override may come before its backend") {
  CHECK_FALSE(board.set_override("shop", "s3", {false, 5}));
  config.target_groups[0].backends.push_back(test::backend("s3", "192.0.2.3:80"));
  board.configure(config, ids, at(1s));
  CHECK(board.find("shop", "s3")->availability().weight == 5);
}
