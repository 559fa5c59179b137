#include <doctest/doctest.h>

#include "syncd/core/peer_session.hpp"
#include "tests/unit/syncd/session_harness.hpp"

using namespace tandem;
using namespace tandem::sync;
using namespace tandem::sync::test;
using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Message;
using wire::Version;

namespace {

wire::Hello peer_hello(std::uint64_t boot = 22) {
  wire::Hello hello;
  hello.role = wire::Hello::Role::peer;
  hello.cluster = "edge";
  hello.name = "lb2";
  hello.boot = boot;
  return hello;
}

/// lb1's session; the test plays lb2.
struct Link {
  Shared shared;
  PeerSession session{shared};
  TimePoint now = start;

  Link() : shared(make_shared_state()) {}

  std::vector<Message> out() { return sent(session, now); }
  Result<> in(const Message& message) { return session.receive(message, now); }
  void local(const std::string& key, const std::string& value) {
    wire::Entry e = entry(key, value, shared.clock.next());
    REQUIRE(shared.merge(e, 9, now) == replica::Merged::applied);
  }
  /// Up to the exchanged hellos; what lb1 said with them.
  std::vector<Message> greet(std::uint64_t boot = 22) {
    session.connected(now);
    auto messages = out();
    REQUIRE(in(peer_hello(boot)));
    for (auto& message : out()) messages.push_back(std::move(message));
    return messages;
  }
  /// Through the repair with a peer that has nothing and wants everything.
  void become_in_sync() {
    greet();
    REQUIRE(in(wire::DigestEnd{1}));
    const auto lists = only<wire::Entries>(out());
    if (!lists.empty()) REQUIRE(in(wire::Ack{lists.back().number}));
    REQUIRE(in(wire::Repaired{1}));
    out();
    REQUIRE(session.state() == PeerState::in_sync);
  }
};

}  // namespace

TEST_CASE("hello, then the digest of every table, then nothing until the peer's digest comes") {
  Link link;
  link.local("a", "1");
  const auto messages = link.greet();
  REQUIRE(messages.size() == 3);
  const auto& hello = std::get<wire::Hello>(messages[0]);
  CHECK(hello.cluster == "edge");
  CHECK(hello.name == "lb1");
  CHECK(hello.clock.sequence == 1);
  const auto& digest = std::get<wire::Digest>(messages[1]);
  CHECK(digest.round == 1);
  CHECK(digest.table == "sticky");
  CHECK(digest.buckets[replica::bucket_of("a")] == (*link.shared.store.sums("sticky"))[replica::bucket_of("a")]);
  CHECK(std::get<wire::DigestEnd>(messages[2]).round == 1);
  CHECK(link.session.state() == PeerState::repairing);
}

TEST_CASE("only differing buckets are repaired; in sync needs both directions") {
  Link link;
  for (int i = 0; i < 100; ++i) link.local(std::to_string(i), "v");
  link.greet();
  const auto& sums = *link.shared.store.sums("sticky");
  wire::Digest digest{1, "sticky", {sums.begin(), sums.end()}};
  digest.buckets[replica::bucket_of("42")] ^= 1;
  REQUIRE(link.in(digest));
  REQUIRE(link.in(wire::DigestEnd{1}));
  const auto messages = link.out();
  const auto lists = only<wire::Entries>(messages);
  REQUIRE(lists.size() == 1);
  bool found = false;
  for (const auto& e : lists[0].entries) {
    CHECK(replica::bucket_of(e.key) == replica::bucket_of("42"));
    found = found || e.key == "42";
  }
  CHECK(found);
  CHECK(only<wire::Repaired>(messages).at(0).round == 1);
  CHECK(link.session.state() == PeerState::repairing);
  CHECK(link.shared.store.unacknowledged() == 100);

  SUBCASE("the peer's repair first") {
    REQUIRE(link.in(wire::Repaired{1}));
    CHECK(link.session.state() == PeerState::repairing);
    REQUIRE(link.in(wire::Ack{1}));
  }
  SUBCASE("the acknowledgement first") {
    REQUIRE(link.in(wire::Ack{1}));
    CHECK(link.session.state() == PeerState::repairing);
    CHECK(link.shared.store.unacknowledged() == 0);
    REQUIRE(link.in(wire::Repaired{1}));
  }
  CHECK(link.session.state() == PeerState::in_sync);
  CHECK(link.shared.store.unacknowledged() == 0);
  CHECK(link.session.counters().resyncs == 1);
}

TEST_CASE("changes are sent at once, latest state per key, and count as lag until acknowledged") {
  Link link;
  link.become_in_sync();
  link.local("a", "1");
  link.local("a", "2");
  link.local("b", "1");
  CHECK(link.shared.store.unacknowledged() == 2);
  const auto lists = only<wire::Entries>(link.out());
  REQUIRE(lists.size() == 1);
  REQUIRE(lists[0].entries.size() == 2);
  CHECK(lists[0].entries[0].value == "2");
  link.local("a", "3");
  REQUIRE(link.in(wire::Ack{lists[0].number}));
  CHECK(link.shared.store.unacknowledged() == 1);  // the new state of a
  const auto more = only<wire::Entries>(link.out());
  REQUIRE(more.size() == 1);
  REQUIRE(link.in(wire::Ack{more[0].number}));
  CHECK(link.shared.store.unacknowledged() == 0);
}

TEST_CASE("what came from the peer is acknowledged once, not echoed, and is no lag") {
  Link link;
  link.become_in_sync();
  REQUIRE(link.in(wire::Entries{1, {entry("a", "1", {100, 5, "lb2"})}}));
  REQUIRE(link.in(wire::Entries{2, {entry("b", "1", {100, 6, "lb2"})}}));
  const auto messages = link.out();
  CHECK(only<wire::Entries>(messages).empty());
  REQUIRE(only<wire::Ack>(messages).size() == 1);
  CHECK(only<wire::Ack>(messages)[0].number == 2);
  CHECK(link.shared.store.unacknowledged() == 0);
  CHECK(link.out().empty());
  CHECK(link.shared.clock.next() > Version{100, 6, "lb2"});
}

TEST_CASE("the number of frames without an acknowledgement is bounded; the rest coalesces meanwhile") {
  Link link;
  link.become_in_sync();
  link.shared.limits.frames_in_flight = 2;
  link.shared.limits.frame_target = 200;
  for (int i = 0; i < 50; ++i) link.local(std::to_string(i), std::string(90, 'v'));
  const auto first = only<wire::Entries>(link.out());
  REQUIRE(first.size() == 2);
  for (int round = 0; round < 10; ++round) link.local("49", std::to_string(round));
  CHECK(only<wire::Entries>(link.out()).empty());
  std::size_t seen = first[0].entries.size() + first[1].entries.size();
  std::string last_value;
  for (std::uint64_t acked = first[1].number; link.shared.store.unacknowledged() > 0;) {
    REQUIRE(link.in(wire::Ack{acked}));
    for (const auto& list : only<wire::Entries>(link.out())) {
      acked = list.number;
      seen += list.entries.size();
      last_value = list.entries.back().value;
    }
  }
  CHECK(seen == 50);  // 49 was met once, in its last state
  CHECK(last_value == "9");
}

TEST_CASE("a restarted peer has lost everything: all is lag again until repaired") {
  Link link;
  link.local("a", "1");
  link.become_in_sync();
  CHECK(link.shared.store.unacknowledged() == 0);
  link.session.lost();
  CHECK(link.shared.store.unacknowledged() == 0);
  link.greet(22);  // the same boot: it still has it
  CHECK(link.shared.store.unacknowledged() == 0);
  link.session.lost();
  link.greet(23);
  CHECK(link.shared.store.unacknowledged() == 1);
}

TEST_CASE("heartbeats every 100 ms; silence of 500 ms is death; any message is life") {
  Link link;
  link.become_in_sync();
  CHECK(link.session.deadline() == start + milliseconds(100));
  std::size_t heartbeats = 0;
  for (int i = 1; i <= 49; ++i) {
    link.now = start + milliseconds(10 * i);
    heartbeats += only<wire::Heartbeat>(link.out()).size();
    CHECK_FALSE(link.session.dead(link.now));
  }
  CHECK(heartbeats == 4);
  CHECK(link.session.deadline() == start + milliseconds(500));
  CHECK(link.session.dead(start + milliseconds(500)));
  link.now = start + milliseconds(499);
  REQUIRE(link.in(wire::Heartbeat{1}));
  CHECK_FALSE(link.session.dead(start + milliseconds(998)));
  CHECK(link.session.dead(start + milliseconds(999)));
  CHECK(link.session.last_heard() == start + milliseconds(499));
  link.session.lost();
  CHECK(link.session.deadline() == TimePoint::max());
  CHECK_FALSE(link.session.dead(start + seconds(99)));
  CHECK(sent(link.session, start + seconds(99)).empty());
}

TEST_CASE("a peer that connects and says nothing dies as well") {
  Link link;
  link.session.connected(start);
  CHECK_FALSE(link.session.dead(start + milliseconds(499)));
  CHECK(link.session.dead(start + milliseconds(500)));
  CHECK(link.session.last_heard() == TimePoint{});
}

TEST_CASE("the periodic comparison: every 10 s; what differs twice running is counted and sent") {
  Link link;
  link.local("a", "1");
  link.become_in_sync();
  const auto compare = [&link](std::uint32_t round, bool equal) {
    const auto& sums = *link.shared.store.sums("sticky");
    wire::Digest digest{round, "sticky", {sums.begin(), sums.end()}};
    if (!equal) digest.buckets[replica::bucket_of("a")] ^= 1;
    REQUIRE(link.in(digest));
    REQUIRE(link.in(wire::DigestEnd{round}));
    const auto messages = link.out();
    CHECK(only<wire::Repaired>(messages).at(0).round == round);
    const auto lists = only<wire::Entries>(messages);
    if (!lists.empty()) REQUIRE(link.in(wire::Ack{lists.back().number}));
    return lists.size();
  };
  CHECK(compare(2, true) == 0);
  CHECK(compare(3, false) == 0);  // may be on its way
  CHECK(compare(4, true) == 0);
  CHECK(compare(5, false) == 0);
  CHECK(link.session.counters().buckets_mismatched == 0);
  CHECK(compare(6, false) == 1);
  CHECK(link.session.counters().buckets_mismatched == 1);
  CHECK(link.session.state() == PeerState::in_sync);

  std::size_t rounds = 0;
  for (int second = 1; second <= 35; ++second) {
    link.now = start + seconds(second);
    REQUIRE(link.in(wire::Heartbeat{static_cast<std::uint64_t>(second)}));
    rounds += only<wire::DigestEnd>(link.out()).size();
  }
  CHECK(rounds == 3);
}

TEST_CASE("no second round while the first repair is not finished") {
  Link link;
  link.local("a", "1");
  link.greet();
  std::size_t rounds = 0;
  for (int second = 1; second <= 30; ++second) {
    link.now = start + seconds(second);
    REQUIRE(link.in(wire::Heartbeat{static_cast<std::uint64_t>(second)}));
    rounds += only<wire::DigestEnd>(link.out()).size();
  }
  CHECK(rounds == 0);
  // A round 2 of an impatient peer does not replace the answer to round 1.
  link.shared.limits.frames_in_flight = 0;
  REQUIRE(link.in(wire::DigestEnd{1}));
  REQUIRE(link.in(wire::DigestEnd{2}));
  link.shared.limits.frames_in_flight = 64;
  const auto messages = link.out();
  CHECK(only<wire::Entries>(messages).size() == 1);
  CHECK(only<wire::Repaired>(messages).at(0).round == 1);
}

TEST_CASE("wrong hellos are refused with a sentence for both logs") {
  const auto refusal_of = [](const wire::Hello& hello) {
    Link link;
    link.session.connected(start);
    link.out();
    const Result<> result = link.in(hello);
    REQUIRE_FALSE(result);
    const auto refusals = only<wire::Refusal>(link.out());
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].reason == result.error().message);
    CHECK(link.session.counters().connections == 0);
    return result.error().message;
  };
  wire::Hello hello = peer_hello();
  hello.cluster = "core";
  CHECK(refusal_of(hello) == "node lb2 belongs to cluster \"core\", node lb1 to \"edge\"");
  hello = peer_hello();
  hello.name = "lb3";
  CHECK(refusal_of(hello) == "node lb3 is not the peer that node lb1 is configured with, \"lb2\"");
  hello = peer_hello();
  hello.protocol = 2;
  CHECK(refusal_of(hello).find("install the same version on both nodes") != std::string::npos);
  hello = peer_hello();
  hello.role = wire::Hello::Role::client;
  CHECK(refusal_of(hello) == "a hello that is not a peer's");
}

TEST_CASE("every message in every state: taken or refused, never a crash") {
  const std::vector<Message> messages = {
      peer_hello(), wire::Entries{1, {entry("x", "1", {1, 1, "lb2"})}}, wire::Ack{0}, wire::Digest{1, "t", std::vector<std::uint64_t>(1024)},
      wire::DigestEnd{1}, wire::Repaired{1}, wire::Heartbeat{1}, wire::Puts{}, wire::PutResults{}, wire::SnapshotEnd{}, wire::Refusal{"no"}};
  //                                        hello  entries ack    digest end    repaired heartb puts   results snap   refusal
  const std::vector<bool> connecting = {true, false, false, false, false, false, false, false, false, false, false};
  const std::vector<bool> greeted = {false, true, true, true, true, true, true, false, false, false, false};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    CAPTURE(i);
    Link fresh;
    fresh.session.connected(start);
    CHECK(fresh.in(messages[i]).has_value() == connecting[i]);
    Link repairing;
    repairing.greet();
    CHECK(repairing.in(messages[i]).has_value() == greeted[i]);
    Link in_sync;
    in_sync.become_in_sync();
    CHECK(in_sync.in(messages[i]).has_value() == greeted[i]);
  }
}

TEST_CASE("numbers out of turn are refused") {
  Link link;
  link.become_in_sync();
  link.local("a", "1");
  CHECK_FALSE(Link().in(wire::Ack{0}));
  CHECK_FALSE(link.in(wire::Ack{1}));  // not sent yet
  link.out();                          // the refusal
  link.out();
  CHECK(link.in(wire::Ack{1}));
  CHECK_FALSE(link.in(wire::Ack{0}));
  CHECK_FALSE(link.in(wire::Entries{2, {}}));
  CHECK(link.in(wire::Entries{1, {}}));
  for (int i = 0; i < 256; ++i) {
    REQUIRE(link.in(wire::Digest{2, "t" + std::to_string(i), std::vector<std::uint64_t>(1024)}));
  }
  CHECK_FALSE(link.in(wire::Digest{2, "one more", std::vector<std::uint64_t>(1024)}));
}
