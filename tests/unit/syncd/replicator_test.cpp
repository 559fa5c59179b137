#include <doctest/doctest.h>

#include "syncd/core/replicator.hpp"
#include "tests/unit/syncd/session_harness.hpp"

using namespace tandem;
using namespace tandem::sync;
using namespace tandem::sync::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Replicator make_replicator() { return Replicator(Identity{"edge", "lb1", "lb2", 11}, 100, start); }

void greet(Replicator& replicator, TimePoint now) {
  wire::Hello hello;
  hello.cluster = "edge";
  hello.name = "lb2";
  hello.boot = 22;
  replicator.peer().connected(now);
  REQUIRE(replicator.peer().receive(hello, now));
}

void repair(Replicator& replicator, TimePoint now) {
  REQUIRE(replicator.peer().receive(wire::DigestEnd{1}, now));
  sent(replicator.peer(), now);
  REQUIRE(replicator.peer().receive(wire::Repaired{1}, now));
}

}  // namespace

TEST_CASE("in sync: after the repair, or when there is nobody to wait for") {
  Replicator replicator = make_replicator();
  CHECK(replicator.in_sync(start) == InSync{false, "waiting for lb2"});
  CHECK_FALSE(replicator.in_sync(start + milliseconds(4999)).yes);
  CHECK(replicator.in_sync(start + seconds(5)) == InSync{true, "lb2 has not been heard; no longer waiting for it"});

  // It comes after all: first repair.
  TimePoint now = start + seconds(6);
  greet(replicator, now);
  CHECK(replicator.in_sync(now) == InSync{false, "exchanging differences with lb2"});
  // Lost before the end: wait again, from when it was heard.
  replicator.peer().lost();
  CHECK_FALSE(replicator.in_sync(now + milliseconds(4999)).yes);
  CHECK(replicator.in_sync(now + seconds(5)).yes);

  now = start + seconds(20);
  greet(replicator, now);
  repair(replicator, now);
  CHECK(replicator.in_sync(now) == InSync{true, "repaired with lb2"});
  replicator.peer().lost();
  CHECK(replicator.in_sync(now) == InSync{true, "lb2 is not connected; this node has all that was known"});
  greet(replicator, now);
  CHECK_FALSE(replicator.in_sync(now).yes);
}

TEST_CASE("a peer that connects but is never accepted does not prolong the waiting") {
  Replicator replicator = make_replicator();
  for (int second = 0; second < 5; ++second) {
    CHECK_FALSE(replicator.in_sync(start + seconds(second)).yes);
    replicator.peer().connected(start + seconds(second));
    wire::Hello stranger;
    stranger.cluster = "core";
    stranger.name = "lb2";
    CHECK_FALSE(replicator.peer().receive(stranger, start + seconds(second)));
    replicator.peer().lost();
  }
  CHECK(replicator.in_sync(start + seconds(5)).yes);
}

TEST_CASE("lag: entries and age of the oldest") {
  Replicator replicator = make_replicator();
  FeedSession& client = replicator.client(replicator.add_client());
  wire::Hello hello;
  hello.role = wire::Hello::Role::client;
  hello.name = "lbd";
  REQUIRE(client.receive(hello, start));
  CHECK(replicator.lag(start).entries == 0);
  CHECK(replicator.lag(start).oldest == Duration::zero());
  REQUIRE(client.receive(wire::Puts{{{1, entry("a", "1", {})}}}, start));
  REQUIRE(client.receive(wire::Puts{{{2, entry("b", "1", {})}}}, start + seconds(1)));
  CHECK(replicator.lag(start + seconds(3)).entries == 2);
  CHECK(replicator.lag(start + seconds(3)).oldest == seconds(3));
  greet(replicator, start + seconds(3));
  repair(replicator, start + seconds(3));
  REQUIRE(replicator.peer().receive(wire::Ack{2}, start + seconds(3)));
  CHECK(replicator.lag(start + seconds(4)).entries == 0);
  CHECK(replicator.in_sync(start + seconds(4)).yes);
}

TEST_CASE("clients come and go; ids are never used twice") {
  Replicator replicator = make_replicator();
  const auto first = replicator.add_client();
  CHECK(first != PeerSession::origin);
  CHECK(replicator.clients().empty());  // no hello yet
  wire::Hello hello;
  hello.role = wire::Hello::Role::client;
  hello.name = "vrrpd";
  REQUIRE(replicator.client(first).receive(hello, start));
  const auto second = replicator.add_client();
  hello.name = "lbd";
  REQUIRE(replicator.client(second).receive(hello, start));
  CHECK(replicator.clients() == std::vector<std::string>{"lbd", "vrrpd"});
  replicator.remove_client(first);
  CHECK(replicator.add_client() > second);
  CHECK(replicator.clients() == std::vector<std::string>{"lbd"});
}
