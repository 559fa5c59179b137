#include <doctest/doctest.h>

#include <random>

#include "common/wire/replica.hpp"

using namespace tandem;
using namespace tandem::wire;
using std::chrono::milliseconds;

namespace {

Entry sample_entry() {
  Entry entry;
  entry.table = "sticky";
  entry.key = std::string("203.0.113.9\0x", 13);
  entry.value = "s1";
  entry.version = Version{7, 42, "lb1"};
  entry.remaining = milliseconds(1500);
  return entry;
}

Entry sample_tombstone() {
  Entry entry = sample_entry();
  entry.value.clear();
  entry.deleted = true;
  return entry;
}

std::vector<Message> every_message() {
  Digest digest{3, "sticky", std::vector<std::uint64_t>(digest_buckets)};
  for (std::size_t i = 0; i < digest_buckets; ++i) digest.buckets[i] = i * 0x9e3779b97f4a7c15;
  Entry longest = sample_entry();
  longest.table = std::string(max_name_bytes, 't');
  longest.key = std::string(max_key_bytes, 'k');
  longest.value = std::string(max_value_bytes, 'v');
  longest.version.node = std::string(max_name_bytes, 'n');
  longest.remaining = max_remaining;
  return {Hello{1, Hello::Role::peer, "edge", "lb1", 99, Version{1, 2, ""}},
          Hello{2, Hello::Role::client, "", "lbd", 0, {}},
          Entries{1, {sample_entry(), sample_tombstone(), longest}},
          Entries{2, {}},
          Ack{0xffffffffffffffff},
          digest,
          DigestEnd{3},
          Repaired{3},
          Heartbeat{12},
          Puts{{Put{5, sample_entry()}, Put{6, sample_tombstone()}}},
          PutResults{{PutResult{5, false, 7, 43}, PutResult{6, true, 0, 0}}},
          SnapshotEnd{},
          Refusal{"the peer's cluster is \"other\""}};
}

std::vector<std::uint8_t> encoded(const Message& message) {
  std::vector<std::uint8_t> out;
  encode(message, out);
  return out;
}

/// The body of an encoded frame, to be spoiled.
std::vector<std::uint8_t> body_of(const Message& message) {
  auto bytes = encoded(message);
  bytes.erase(bytes.begin(), bytes.begin() + 4);
  return bytes;
}

DecodeError decode_error(const std::vector<std::uint8_t>& body) {
  Message message;
  return decode_frame(body, message);
}

}  // namespace

TEST_CASE("every message survives the wire") {
  for (const Message& message : every_message()) {
    CAPTURE(message.index());
    Decoder decoder;
    decoder.append(encoded(message));
    const auto result = decoder.next();
    REQUIRE(result);
    CHECK(*result == message);
    CHECK_FALSE(decoder.next());
    CHECK(decoder.error() == DecodeError::none);
  }
}

TEST_CASE("a stream split at every byte gives the same messages") {
  std::vector<std::uint8_t> stream;
  const auto messages = every_message();
  for (const Message& message : messages) encode(message, stream);
  const std::span<const std::uint8_t> bytes(stream);
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    Decoder decoder;
    std::size_t seen = 0;
    bool equal = true;
    for (const auto part : {bytes.first(split), bytes.subspan(split)}) {
      decoder.append(part);
      while (auto message = decoder.next()) equal = equal && *message == messages[seen++];
    }
    if (!equal || seen != messages.size()) FAIL("split at " << split);
  }
}

TEST_CASE("a stream in single bytes gives the same messages") {
  std::vector<std::uint8_t> stream;
  const auto messages = every_message();
  for (const Message& message : messages) encode(message, stream);
  Decoder decoder;
  std::size_t seen = 0;
  for (const std::uint8_t byte : stream) {
    decoder.append({&byte, 1});
    while (auto message = decoder.next()) CHECK(*message == messages[seen++]);
  }
  CHECK(seen == messages.size());
}

TEST_CASE("every body cut short is truncated, every longer one has trailing bytes") {
  for (const Message& message : every_message()) {
    CAPTURE(message.index());
    const auto body = body_of(message);
    for (std::size_t length = 1; length < body.size(); length += 1 + body.size() / 500) {
      CHECK(decode_error({body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length)}) == DecodeError::truncated);
    }
    auto longer = body;
    longer.push_back(0);
    CHECK(decode_error(longer) == DecodeError::trailing_bytes);
  }
}

TEST_CASE("what breaks the rules is refused by name") {
  // Offsets into an Entries body: type 1, number 8, count 2, then flags, table length, ...
  auto entries = body_of(Entries{1, {sample_entry()}});
  const auto spoiled = [&](std::size_t at, std::uint8_t value) {
    auto copy = entries;
    copy[at] = value;
    return decode_error(copy);
  };
  CHECK(spoiled(0, 99) == DecodeError::unknown_type);
  CHECK(spoiled(0, 0) == DecodeError::unknown_type);
  CHECK(spoiled(11, 0x80) == DecodeError::bad_flags);
  CHECK(spoiled(11, 0x03) == DecodeError::deleted_with_value);
  CHECK(spoiled(entries.size() - 8, 0xff) == DecodeError::bad_remaining);
  auto nameless = sample_entry();
  auto body = body_of(Entries{1, {nameless}});
  body.erase(body.begin() + 13, body.begin() + 19);  // "sticky"
  body[12] = 0;
  CHECK(decode_error(body) == DecodeError::bad_name);
  CHECK(decode_error({}) == DecodeError::empty_frame);

  auto hello = body_of(every_message()[0]);
  hello[1] = 'X';
  CHECK(decode_error(hello) == DecodeError::bad_magic);
  hello = body_of(every_message()[0]);
  hello[7] = 9;
  CHECK(decode_error(hello) == DecodeError::bad_role);

  auto digest = body_of(Digest{1, "t", std::vector<std::uint64_t>(digest_buckets)});
  digest[7] = 0;
  CHECK(decode_error(digest) == DecodeError::bad_bucket_count);
}

TEST_CASE("keys, values and reasons beyond their bounds are refused, whatever the length fields say") {
  // Built by hand: the encoder asserts the limits.
  const auto body_with = [](std::size_t key, std::size_t value) {
    std::vector<std::uint8_t> body = {2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 't'};
    body.push_back(static_cast<std::uint8_t>(key >> 8));
    body.push_back(static_cast<std::uint8_t>(key));
    body.insert(body.end(), key, 'k');
    body.push_back(static_cast<std::uint8_t>(value >> 8));
    body.push_back(static_cast<std::uint8_t>(value));
    body.insert(body.end(), value, 'v');
    body.insert(body.end(), 17, 0);  // epoch, sequence, no node
    return body;
  };
  CHECK(decode_error(body_with(512, 4096)) == DecodeError::none);
  CHECK(decode_error(body_with(513, 1)) == DecodeError::bad_key);
  CHECK(decode_error(body_with(0, 1)) == DecodeError::bad_key);
  CHECK(decode_error(body_with(1, 4097)) == DecodeError::value_too_long);
  std::vector<std::uint8_t> refusal = {11, 4, 1};
  refusal.insert(refusal.end(), 1025, 'r');
  CHECK(decode_error(refusal) == DecodeError::reason_too_long);
}

TEST_CASE("a frame longer than the limit is refused before its bytes arrive, and the stream stays broken") {
  Decoder decoder;
  decoder.append(std::vector<std::uint8_t>{0, 1, 0, 1});
  CHECK_FALSE(decoder.next());
  CHECK(decoder.error() == DecodeError::frame_too_long);
  decoder.append(encoded(SnapshotEnd{}));
  CHECK_FALSE(decoder.next());
  CHECK(decoder.error() == DecodeError::frame_too_long);
}

TEST_CASE("list frames take as much as fits and leave nothing when empty") {
  std::vector<std::uint8_t> out = {1, 2, 3};
  auto empty = ListFrame::entries(out, 1);
  CHECK_FALSE(empty.finish());
  CHECK(out.size() == 3);

  out.clear();
  auto frame = ListFrame::entries(out, 9);
  Entries expected{9, {}};
  Entry entry = sample_entry();
  entry.value = std::string(max_value_bytes, 'v');
  while (frame.add(entry)) expected.entries.push_back(entry);
  CHECK(expected.entries.size() == 15);  // 15 entries of 4,157 bytes in 64 KiB
  REQUIRE(frame.finish());
  Decoder decoder;
  decoder.append(out);
  const auto message = decoder.next();
  REQUIRE(message);
  CHECK(*message == Message(expected));

  out.clear();
  auto puts = ListFrame::puts(out);
  CHECK(puts.add(Put{1, entry}, 100));  // an empty frame takes any entry
  CHECK_FALSE(puts.add(Put{2, entry}, 100));
  REQUIRE(puts.finish());
  decoder.append(out);
  CHECK(*decoder.next() == Message(Puts{{Put{1, entry}}}));
}

TEST_CASE("versions order by epoch, then sequence, then node") {
  CHECK(Version{2, 1, "a"} > Version{1, 9, "z"});
  CHECK(Version{1, 2, "a"} > Version{1, 1, "z"});
  CHECK(Version{1, 1, "b"} > Version{1, 1, "a"});
  CHECK(Version{} < Version{0, 0, "a"});
}

TEST_CASE("random damage never decodes to something outside the limits") {
  std::mt19937 random(1);
  const auto messages = every_message();
  for (int round = 0; round < 20'000; ++round) {
    auto body = body_of(messages[random() % messages.size()]);
    if (body.size() > 2000) continue;
    for (unsigned i = 0; i < 1 + random() % 3; ++i) body[random() % body.size()] = static_cast<std::uint8_t>(random());
    Message message;
    if (decode_frame(body, message) != DecodeError::none) continue;
    if (const auto* list = std::get_if<Entries>(&message)) {
      for (const Entry& entry : list->entries) CHECK(valid_entry(entry));
    }
    CHECK(decode_error(body_of(message)) == DecodeError::none);
  }
}
