#include <doctest/doctest.h>

#include "common/replica/replica_copy.hpp"

using namespace tandem;
using namespace tandem::replica;
using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Entry;
using wire::Message;
using wire::Version;

namespace {

constexpr TimePoint start{seconds(1000)};

Entry entry(const std::string& key, const std::string& value, std::uint64_t sequence) {
  Entry result;
  result.table = "sticky";
  result.key = key;
  result.value = value;
  result.version = Version{1, sequence, "lb1"};
  return result;
}

wire::Hello feed_hello() {
  wire::Hello hello;
  hello.role = wire::Hello::Role::feed;
  hello.name = "lb1";
  hello.boot = 1;
  return hello;
}

/// A copy, and a hand on the other end of its line.
struct Line {
  ReplicaCopy copy{"lbd", 1};
  TimePoint now = start;
  std::vector<Entry> changes;

  std::vector<Message> sent() {
    std::vector<std::uint8_t> bytes;
    copy.produce(bytes, 1 << 20, now);
    wire::Decoder decoder;
    decoder.append(bytes);
    std::vector<Message> messages;
    while (auto message = decoder.next()) messages.push_back(std::move(*message));
    REQUIRE(decoder.error() == wire::DecodeError::none);
    return messages;
  }
  Result<> receive(const Message& message) {
    changes.clear();
    return copy.receive(message, now, changes);
  }
  void up() {
    copy.connected();
    REQUIRE(std::holds_alternative<wire::Hello>(sent().at(0)));
    REQUIRE(receive(feed_hello()));
  }
  /// The one Puts frame that is sent now.
  std::vector<wire::Put> sent_puts() {
    const auto messages = sent();
    REQUIRE(messages.size() == 1);
    const auto* puts = std::get_if<wire::Puts>(&messages[0]);
    REQUIRE(puts != nullptr);
    return puts->puts;
  }
  void put(const std::string& key, const std::string& value, std::optional<Duration> ttl = std::nullopt) {
    REQUIRE(copy.put("sticky", key, value, ttl, now));
  }
  std::optional<std::string> value(const std::string& key) const { return copy.value("sticky", key, now); }
};

wire::PutResults stored(std::uint64_t number, std::uint64_t sequence) { return {{{number, false, 1, sequence}}}; }

}  // namespace

TEST_CASE("nothing but the hello goes out before syncd's hello") {
  Line line;
  CHECK(line.sent().empty());
  line.put("a", "1");
  line.copy.connected();
  const auto messages = line.sent();
  REQUIRE(messages.size() == 1);
  const auto* hello = std::get_if<wire::Hello>(&messages[0]);
  REQUIRE(hello != nullptr);
  CHECK(hello->role == wire::Hello::Role::client);
  CHECK(hello->name == "lbd");
  CHECK(line.sent().empty());
  REQUIRE(line.receive(feed_hello()));
  CHECK(line.sent_puts().size() == 1);
}

TEST_CASE("puts of one key between two turns are one, the last; values are seen at once") {
  Line line;
  line.up();
  line.put("a", "1");
  line.put("b", "1");
  line.put("a", "2");
  CHECK(line.value("a") == "2");
  CHECK(line.copy.entries() == 2);
  const auto puts = line.sent_puts();
  REQUIRE(puts.size() == 2);
  CHECK(puts[0].entry.key == "b");
  CHECK(puts[1].entry.key == "a");
  CHECK(puts[1].entry.value == "2");
  CHECK(puts[1].number > puts[0].number);
  CHECK(line.sent().empty());
  CHECK(line.copy.unconfirmed() == 2);
}

TEST_CASE("a confirmed put is part of the copy; the writer is not told of it") {
  Line line;
  line.up();
  line.put("a", "1", seconds(10));
  const auto puts = line.sent_puts();
  CHECK(puts[0].entry.remaining == seconds(10));
  CHECK(puts[0].entry.version == Version{});
  REQUIRE(line.receive(stored(puts[0].number, 5)));
  CHECK(line.changes.empty());
  CHECK(line.copy.unconfirmed() == 0);
  CHECK(line.value("a") == "1");
  line.put("a", "2");
  CHECK(line.sent_puts()[0].entry.version == Version{1, 5, "lb1"});  // what it replaces
}

TEST_CASE("a put that is overtaken by a younger one keeps its version as the base") {
  Line line;
  line.up();
  line.put("a", "1");
  const auto first = line.sent_puts();
  line.put("a", "2");
  REQUIRE(line.receive(stored(first[0].number, 5)));
  CHECK(line.value("a") == "2");
  CHECK(line.copy.unconfirmed() == 1);
  const auto second = line.sent_puts();
  CHECK(second[0].entry.value == "2");
  CHECK(second[0].entry.version == Version{1, 5, "lb1"});
}

TEST_CASE("what others change is announced; what is older or ours is not") {
  Line line;
  line.up();
  REQUIRE(line.receive(wire::Entries{1, {entry("a", "1", 5), entry("b", "1", 6)}}));
  CHECK(line.changes.size() == 2);
  REQUIRE(line.receive(wire::Entries{2, {entry("a", "1", 5), entry("b", "0", 4)}}));
  CHECK(line.changes.empty());
  // Our write is on its way: theirs is older than ours will be.
  line.put("a", "mine");
  const auto puts = line.sent_puts();
  REQUIRE(line.receive(wire::Entries{3, {entry("a", "theirs", 7)}}));
  CHECK(line.changes.empty());
  CHECK(line.value("a") == "mine");
  REQUIRE(line.receive(stored(puts[0].number, 8)));
  CHECK(line.changes.empty());
  CHECK(line.value("a") == "mine");
}

TEST_CASE("a newer state that came before our result is announced with it") {
  Line line;
  line.up();
  line.put("a", "mine");
  const auto puts = line.sent_puts();
  REQUIRE(line.receive(wire::Entries{1, {entry("a", "theirs", 9)}}));
  CHECK(line.changes.empty());
  REQUIRE(line.receive(stored(puts[0].number, 8)));
  REQUIRE(line.changes.size() == 1);
  CHECK(line.changes[0].value == "theirs");
  CHECK(line.value("a") == "theirs");
}

TEST_CASE("a refused put is counted, and what holds instead is announced") {
  Line line;
  line.up();
  REQUIRE(line.receive(wire::Entries{1, {entry("a", "theirs", 5)}}));
  line.put("a", "mine");
  line.put("b", "mine");
  const auto puts = line.sent_puts();
  REQUIRE(line.receive(wire::PutResults{{{puts[0].number, true, 0, 0}, {puts[1].number, true, 0, 0}}}));
  CHECK(line.copy.refused() == 2);
  REQUIRE(line.changes.size() == 1);
  CHECK(line.changes[0].value == "theirs");
  CHECK_FALSE(line.value("b"));
  CHECK(line.copy.unconfirmed() == 0);
}

TEST_CASE("after a reconnect the copy goes back first, then everything unconfirmed, in order") {
  Line line;
  line.up();
  REQUIRE(line.receive(wire::Entries{1, {entry("theirs", "1", 5)}}));
  line.put("confirmed", "1");
  REQUIRE(line.receive(stored(line.sent_puts()[0].number, 6)));
  line.put("in flight", "1");
  REQUIRE(line.sent_puts().size() == 1);
  line.copy.disconnected();
  line.put("offline", "1");
  line.put("in flight", "2");
  CHECK(line.copy.unconfirmed() == 2);

  line.up();
  CHECK_FALSE(line.copy.caught_up());
  const auto messages = line.sent();
  REQUIRE(messages.size() == 2);
  const auto* fed = std::get_if<wire::Entries>(&messages[0]);
  REQUIRE(fed != nullptr);
  CHECK(fed->number == 1);
  REQUIRE(fed->entries.size() == 2);
  CHECK(fed->entries[0].version.sequence == 5);
  CHECK(fed->entries[1].version.sequence == 6);
  const auto* puts = std::get_if<wire::Puts>(&messages[1]);
  REQUIRE(puts != nullptr);
  REQUIRE(puts->puts.size() == 2);
  CHECK(puts->puts[0].entry.key == "offline");
  CHECK(puts->puts[1].entry.value == "2");
}

TEST_CASE("a big copy goes out in pieces, and writes wait for its end") {
  Line line;
  line.up();
  wire::Entries many{1, {}};
  for (std::uint64_t i = 1; i <= 2000; ++i) many.entries.push_back(entry(std::to_string(i), std::string(100, 'v'), i));
  REQUIRE(line.receive(many));
  line.copy.disconnected();
  line.put("new", "1");
  line.up();
  std::size_t fed = 0;
  for (bool written = false; !written;) {
    std::vector<std::uint8_t> bytes;
    line.copy.produce(bytes, 32 * 1024, line.now);
    REQUIRE_FALSE(bytes.empty());
    CHECK(bytes.size() < 50 * 1024);
    wire::Decoder decoder;
    decoder.append(bytes);
    while (const auto message = decoder.next()) {
      if (const auto* list = std::get_if<wire::Entries>(&*message)) fed += list->entries.size();
      if (std::holds_alternative<wire::Puts>(*message)) {
        written = true;
        CHECK(fed == 2000);
      }
    }
  }
}

TEST_CASE("erasing: hides at once, goes out as a tombstone, is kept to feed it again") {
  Line line;
  line.up();
  REQUIRE(line.receive(wire::Entries{1, {entry("a", "1", 5)}}));
  REQUIRE(line.copy.erase("sticky", "a", line.now));
  CHECK_FALSE(line.value("a"));
  CHECK(line.copy.entries() == 0);
  const auto puts = line.sent_puts();
  CHECK(puts[0].entry.deleted);
  CHECK(puts[0].entry.version == Version{1, 5, "lb1"});
  REQUIRE(line.receive(stored(puts[0].number, 6)));
  line.now += seconds(80);
  line.copy.expire(line.now);
  line.copy.disconnected();
  line.up();
  const auto messages = line.sent();
  REQUIRE(messages.size() == 1);
  const auto& fed = std::get<wire::Entries>(messages[0]);
  REQUIRE(fed.entries.size() == 1);
  CHECK(fed.entries[0].deleted);
  line.now += seconds(11);
  line.copy.expire(line.now);
  line.copy.disconnected();
  line.up();
  CHECK(line.sent().empty());
}

TEST_CASE("time runs out for pending and confirmed entries alike") {
  Line line;
  line.put("pending", "1", seconds(1));
  CHECK(line.value("pending") == "1");
  line.now += seconds(1);
  CHECK_FALSE(line.value("pending"));
  line.up();
  CHECK(line.sent_puts()[0].entry.remaining == Duration::zero());

  Entry theirs = entry("a", "1", 5);
  theirs.remaining = seconds(1);
  REQUIRE(line.receive(wire::Entries{1, {theirs}}));
  CHECK(line.value("a") == "1");
  line.now += seconds(1);
  CHECK_FALSE(line.value("a"));
}

TEST_CASE("the snapshot's end is known, per connection") {
  Line line;
  line.up();
  CHECK_FALSE(line.copy.caught_up());
  REQUIRE(line.receive(wire::SnapshotEnd{}));
  CHECK(line.copy.caught_up());
  line.copy.disconnected();
  CHECK_FALSE(line.copy.caught_up());
}

TEST_CASE("no more than 4096 writes go without an answer") {
  Line line;
  line.up();
  for (int i = 0; i < 5000; ++i) line.put(std::to_string(i), "v");
  std::size_t sent = 0;
  std::uint64_t last = 0;
  for (const auto& message : line.sent()) {
    for (const auto& put : std::get<wire::Puts>(message).puts) {
      ++sent;
      last = put.number;
    }
  }
  CHECK(sent == 4096);
  CHECK(line.sent().empty());
  REQUIRE(line.receive(stored(1, 1)));
  const auto more = line.sent_puts();
  REQUIRE(more.size() == 1);
  CHECK(more[0].number == last + 1);
}

TEST_CASE("bounds: what does not fit is refused at once") {
  Line line;
  CHECK_FALSE(line.copy.put("", "a", "1", std::nullopt, start));
  CHECK_FALSE(line.copy.put("sticky", "", "1", std::nullopt, start));
  CHECK_FALSE(line.copy.put("sticky", std::string(513, 'k'), "1", std::nullopt, start));
  CHECK_FALSE(line.copy.put("sticky", "a", std::string(4097, 'v'), std::nullopt, start));
  CHECK(line.copy.put("sticky", std::string(512, 'k'), std::string(4096, 'v'), std::nullopt, start));
  CHECK(line.copy.refused() == 4);

  StoreLimits limits;
  limits.entries_per_table = 2;
  ReplicaCopy small("lbd", 1, limits);
  CHECK(small.put("sticky", "a", "1", std::nullopt, start));
  CHECK(small.put("sticky", "b", "1", std::nullopt, start));
  CHECK_FALSE(small.put("sticky", "c", "1", std::nullopt, start));
  CHECK(small.put("sticky", "a", "2", std::nullopt, start));
}

TEST_CASE("a syncd that breaks the protocol is an error with a sentence, never a crash") {
  const auto error_of = [](const std::vector<Message>& script, bool greet = true) {
    Line line;
    line.put("a", "1");
    if (greet) {
      line.up();
      REQUIRE(line.sent_puts().size() == 1);
    } else {
      line.copy.connected();
    }
    for (const Message& message : script) {
      const Result<> result = line.receive(message);
      if (!result) return result.error().message;
    }
    return std::string();
  };
  CHECK(error_of({wire::Entries{1, {}}}, false) == "syncd sent data before its hello");
  CHECK(error_of({feed_hello()}) == "syncd sent a second hello");
  wire::Hello peer = feed_hello();
  peer.role = wire::Hello::Role::peer;
  CHECK(error_of({peer}, false) == "the other side of the feed socket is not syncd");
  wire::Hello newer = feed_hello();
  newer.protocol = 2;
  CHECK(error_of({newer}, false).find("restart both after an upgrade") != std::string::npos);
  CHECK(error_of({stored(99, 1)}) == "syncd answered write 99 out of turn");
  CHECK(error_of({stored(1, 1), stored(1, 2)}) == "syncd answered write 1 out of turn");
  CHECK(error_of({wire::Heartbeat{1}}) == "syncd sent a message that does not belong on the local feed");
  CHECK(error_of({wire::Refusal{"no"}}) == "syncd refused: no");
}
