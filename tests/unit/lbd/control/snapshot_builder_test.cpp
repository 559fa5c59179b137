#include "lbd/control/snapshot_builder.hpp"

#include <doctest/doctest.h>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using test::at;
using Health = Availability::Health;

TEST_CASE("a snapshot carries configuration, ids, sockets and the present availability") {
  auto config = test::shop();
  config.log.access_log = "stdout";
  config.limits.retries = 5;
  IdRegistry ids;
  BackendBoard board;
  board.configure(config, ids, at(0s));
  board.set_verdict(board.find("shop", "s1")->id, Health::up, "ok", at(1s));
  board.set_override("shop", "s2", {true, 8});
  const ListenerId web = ids.listener(config.listeners[0]);

  const SnapshotPtr snapshot = build_snapshot(config, ids, board, {{web, {10, 11}}}, "lb1", 4);
  CHECK(snapshot->generation == 4);
  CHECK(snapshot->node == "lb1");
  CHECK(snapshot->access_log);
  CHECK(snapshot->limits.retries == 5);
  REQUIRE(snapshot->listeners.size() == 1);
  CHECK(snapshot->listeners[0].id == web);
  CHECK(snapshot->listeners[0].sockets == std::vector<int>{10, 11});
  REQUIRE(snapshot->groups.size() == 1);
  const auto& backends = snapshot->groups[0].backends;
  REQUIRE(backends.size() == 2);
  CHECK(backends[0].availability == Availability{Health::up, false, 1});
  CHECK(backends[1].availability == Availability{Health::unknown, true, 8});
  CHECK(backends[1].identity == backend_identity("shop", "s2"));
}

TEST_CASE("ids stay over reloads in any order of the file") {
  auto config = test::shop();
  IdRegistry ids;
  BackendBoard board;
  board.configure(config, ids, at(0s));
  const auto before = build_snapshot(config, ids, board, {{ids.listener(config.listeners[0]), {1}}}, "lb1", 1);
  std::swap(config.target_groups[0].backends[0], config.target_groups[0].backends[1]);
  config.target_groups.insert(config.target_groups.begin(), test::group("api", {test::backend("a", "192.0.2.3:1")}));
  board.configure(config, ids, at(1s));
  const auto after = build_snapshot(config, ids, board, {{ids.listener(config.listeners[0]), {1}}}, "lb1", 2);
  CHECK(after->groups[1].id == before->groups[0].id);
  CHECK(after->groups[0].id != before->groups[0].id);
  CHECK(after->groups[1].backends[0].id == before->groups[0].backends[1].id);
  CHECK(after->groups[1].backends[1].id == before->groups[0].backends[0].id);
}

TEST_CASE("a leaving lbd keeps its groups and has no listener") {
  const auto config = test::shop();
  IdRegistry ids;
  BackendBoard board;
  board.configure(config, ids, at(0s));
  const auto snapshot = build_snapshot(config, ids, board, {{ids.listener(config.listeners[0]), {1}}}, "lb1", 1);
  const auto last = without_listeners(*snapshot, 2);
  CHECK(last->listeners.empty());
  CHECK(last->groups.size() == 1);
  CHECK(last->generation == 2);
  CHECK(snapshot->listeners.size() == 1);
}
