#include <doctest/doctest.h>

#include "syncd/core/feed_session.hpp"
#include "tests/unit/syncd/session_harness.hpp"

using namespace tandem;
using namespace tandem::sync;
using namespace tandem::sync::test;
using wire::Version;

namespace {

wire::Hello client_hello(const std::string& name = "lbd") {
  wire::Hello hello;
  hello.role = wire::Hello::Role::client;
  hello.name = name;
  hello.boot = 5;
  return hello;
}

wire::Put put(std::uint64_t number, const std::string& key, const std::string& value, Version base = {}) {
  return wire::Put{number, entry(key, value, std::move(base))};
}

/// A session that has exchanged hellos.
struct Greeted {
  Shared shared;
  FeedSession session{shared, 2};
  explicit Greeted(replica::StoreLimits limits = {}) : shared(make_shared_state(limits)) {
    REQUIRE(session.receive(client_hello(), start));
  }
};

}  // namespace

TEST_CASE("hello is answered with hello, everything held, and the snapshot's end") {
  Shared shared = make_shared_state();
  shared.merge(entry("a", "1", {50, 1, "lb2"}), 1, start);
  FeedSession session(shared, 2);
  CHECK(sent(session, start).empty());
  REQUIRE(session.receive(client_hello(), start));
  CHECK(session.client() == "lbd");
  const auto messages = sent(session, start);
  REQUIRE(messages.size() == 3);
  const auto& hello = std::get<wire::Hello>(messages[0]);
  CHECK(hello.role == wire::Hello::Role::feed);
  CHECK(hello.name == "lb1");
  CHECK(hello.boot == 11);
  const auto& list = std::get<wire::Entries>(messages[1]);
  CHECK(list.number == 1);
  REQUIRE(list.entries.size() == 1);
  CHECK(list.entries[0].value == "1");
  CHECK(std::holds_alternative<wire::SnapshotEnd>(messages[2]));
  CHECK(sent(session, start).empty());
}

TEST_CASE("an empty syncd ends its snapshot at once") {
  Greeted greeted;
  const auto messages = sent(greeted.session, start);
  REQUIRE(messages.size() == 2);
  CHECK(std::holds_alternative<wire::SnapshotEnd>(messages[1]));
}

TEST_CASE("puts get versions above everything seen and above what they replace, results in order") {
  Greeted greeted;
  sent(greeted.session, start);
  greeted.shared.merge(entry("b", "1", {100, 70, "lb2"}), 1, start);
  REQUIRE(greeted.session.receive(wire::Puts{{put(1, "a", "1"), put(2, "b", "2"), put(3, "c", "1", {200, 9, "lb2"}),
                                              put(4, "a", "2")}}, start));
  const auto messages = sent(greeted.session, start);
  const auto results = only<wire::PutResults>(messages).at(0).results;
  REQUIRE(results.size() == 4);
  Version last{100, 70, "lb2"};
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].number == i + 1);
    CHECK_FALSE(results[i].refused);
    const Version version{results[i].epoch, results[i].sequence, "lb1"};
    CHECK(version > last);
    last = version;
  }
  CHECK(Version{results[2].epoch, results[2].sequence, "lb1"} > Version{200, 9, "lb2"});
  CHECK(greeted.shared.store.find("sticky", "a")->value == "2");
  CHECK(greeted.shared.store.find("sticky", "b")->value == "2");
  CHECK(only<wire::Entries>(messages).empty());  // its own writes are not told back
}

TEST_CASE("the others' writes are told, latest state per key") {
  Greeted greeted;
  sent(greeted.session, start);
  greeted.shared.merge(entry("a", "1", {100, 1, "lb2"}), 1, start);
  greeted.shared.merge(entry("a", "2", {100, 2, "lb2"}), 1, start);
  greeted.shared.merge(entry("b", "1", {100, 3, "lb2"}), 3, start);
  const auto lists = only<wire::Entries>(sent(greeted.session, start));
  REQUIRE(lists.size() == 1);
  REQUIRE(lists[0].entries.size() == 2);
  CHECK(lists[0].entries[0].value == "2");
  CHECK(lists[0].entries[1].key == "b");
}

TEST_CASE("what a client feeds back is merged and not told to it again, and the clock has seen it") {
  Greeted greeted;
  sent(greeted.session, start);
  REQUIRE(greeted.session.receive(wire::Entries{1, {entry("a", "1", {500, 7, "lb1"})}}, start));
  CHECK(greeted.shared.store.find("sticky", "a")->value == "1");
  CHECK(sent(greeted.session, start).empty());
  CHECK(greeted.shared.clock.next() > Version{500, 7, "lb1"});
}

TEST_CASE("a full table refuses the put and says so") {
  replica::StoreLimits limits;
  limits.entries_per_table = 1;
  Greeted greeted(limits);
  REQUIRE(greeted.session.receive(wire::Puts{{put(1, "a", "1"), put(2, "b", "1")}}, start));
  const auto results = only<wire::PutResults>(sent(greeted.session, start)).at(0).results;
  CHECK_FALSE(results[0].refused);
  CHECK(results[1].refused);
}

TEST_CASE("a big snapshot goes out in pieces within the budget, and ends once") {
  Shared shared = make_shared_state();
  for (std::uint64_t i = 1; i <= 5000; ++i) shared.merge(entry(std::to_string(i), std::string(100, 'v'), {100, i, "lb2"}), 1, start);
  FeedSession session(shared, 2);
  REQUIRE(session.receive(client_hello(), start));
  std::size_t entries = 0;
  std::size_t ends = 0;
  for (int turn = 0; turn < 100; ++turn) {
    std::vector<std::uint8_t> bytes;
    session.produce(bytes, 64 * 1024, start);
    CHECK(bytes.size() < 64 * 1024 + 17 * 1024);
    wire::Decoder decoder;
    decoder.append(bytes);
    while (auto message = decoder.next()) {
      if (const auto* list = std::get_if<wire::Entries>(&*message)) entries += list->entries.size();
      if (std::holds_alternative<wire::SnapshotEnd>(*message)) ++ends;
    }
    CHECK((ends == 1) == (entries == 5000));
  }
  CHECK(entries == 5000);
}

TEST_CASE("a client that does not read its results is not read from") {
  Greeted greeted;
  CHECK(greeted.session.wants_input());
  wire::Puts many;
  for (std::uint64_t i = 1; i <= 2000; ++i) many.puts.push_back(put(i, "k", "v"));
  for (int i = 0; i < 10; ++i) REQUIRE(greeted.session.receive(many, start));
  CHECK_FALSE(greeted.session.wants_input());
  sent(greeted.session, start);
  CHECK(greeted.session.wants_input());
}

TEST_CASE("a client that breaks the protocol gets a refusal with the reason") {
  const auto refusal_of = [](const wire::Message& message, bool greet) {
    Shared shared = make_shared_state();
    FeedSession session(shared, 2);
    if (greet) REQUIRE(session.receive(client_hello(), start));
    sent(session, start);
    const Result<> result = session.receive(message, start);
    REQUIRE_FALSE(result);
    const auto refusals = only<wire::Refusal>(sent(session, start));
    REQUIRE(refusals.size() == 1);
    CHECK(result.error().message.find(refusals[0].reason) != std::string::npos);
    return refusals[0].reason;
  };
  CHECK(refusal_of(wire::Puts{}, false) == "data before the hello");
  CHECK(refusal_of(client_hello(), true) == "a second hello");
  wire::Hello peer = client_hello();
  peer.role = wire::Hello::Role::peer;
  CHECK(refusal_of(peer, false) == "a hello that is not a client's");
  wire::Hello newer = client_hello();
  newer.protocol = 2;
  CHECK(refusal_of(newer, false).find("replication protocol 2, but syncd speaks 1") != std::string::npos);
  for (const wire::Message& message : {wire::Message(wire::Ack{1}), wire::Message(wire::DigestEnd{1}),
                                       wire::Message(wire::Heartbeat{1}), wire::Message(wire::SnapshotEnd{})}) {
    CHECK(refusal_of(message, true) == "a message that does not belong on the local feed");
  }
}
