#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "common/replica/store.hpp"

using namespace tandem;
using namespace tandem::replica;
using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Entry;
using wire::Version;

namespace {

constexpr TimePoint start{seconds(1000)};
constexpr std::size_t all = SIZE_MAX;

Entry entry(const std::string& key, const std::string& value, std::uint64_t sequence) {
  Entry result;
  result.table = "sticky";
  result.key = key;
  result.value = value;
  result.version = Version{1, sequence, "lb1"};
  return result;
}

Entry tombstone(const std::string& key, std::uint64_t sequence) {
  Entry result = entry(key, "", sequence);
  result.deleted = true;
  return result;
}

Entry with_time(Entry result, Duration remaining) {
  result.remaining = remaining;
  return result;
}

/// The contents, for comparison.
std::map<std::pair<std::string, std::string>, std::pair<Version, std::string>> contents(const Store& store) {
  std::map<std::pair<std::string, std::string>, std::pair<Version, std::string>> result;
  for (const Record* r = store.next_change(0); r != nullptr; r = store.next_change(r->change)) {
    result[{*r->table, *r->key}] = {r->version, r->deleted ? "<deleted>" : r->value};
  }
  return result;
}

std::vector<Entry> random_entries(std::mt19937& random, std::size_t count) {
  std::vector<Entry> result;
  for (std::size_t i = 0; i < count; ++i) {
    Entry e;
    e.table = random() % 2 == 0 ? "sticky" : "keys";
    e.key = "k" + std::to_string(random() % 8);
    e.version = Version{random() % 3, random() % 4, random() % 2 == 0 ? "lb1" : "lb2"};
    // One version stands for one state, as with real clocks.
    const auto fingerprint = e.version.epoch * 100 + e.version.sequence * 10 + (e.version.node == "lb1" ? 1 : 0);
    e.deleted = fingerprint % 4 == 0;
    if (!e.deleted) e.value = "v" + std::to_string(fingerprint);
    result.push_back(e);
  }
  return result;
}

}  // namespace

TEST_CASE("merge: any order, any grouping, any repetition gives the same store") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto entries = random_entries(random, 40);
    Store straight;
    for (const Entry& e : entries) straight.merge(e, 0, start);

    auto shuffled = entries;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    Store commuted;
    for (const Entry& e : shuffled) {
      commuted.merge(e, 0, start);
      commuted.merge(e, 0, start);
    }
    REQUIRE(contents(commuted) == contents(straight));

    // (a ∪ b) ∪ c against a ∪ (b ∪ c), the partial results exchanged as entries.
    Store left, right, grouped;
    for (std::size_t i = 0; i < entries.size(); ++i) (i % 3 == 0 ? left : right).merge(entries[i], 0, start);
    for (Store* part : {&right, &left}) {
      for (const Record* r = part->next_change(0); r != nullptr; r = part->next_change(r->change)) {
        grouped.merge(to_entry(*r, start), 0, start);
      }
    }
    REQUIRE(contents(grouped) == contents(straight));
    for (const char* table : {"sticky", "keys"}) {
      if (straight.sums(table) == nullptr) continue;
      REQUIRE(*straight.sums(table) == *commuted.sums(table));
      REQUIRE(*straight.sums(table) == *grouped.sums(table));
    }
  }
}

TEST_CASE("merge: the greater version wins by epoch, sequence, node; the same again is stale") {
  Store store;
  CHECK(store.merge(entry("a", "1", 5), 0, start) == Merged::applied);
  CHECK(store.merge(entry("a", "x", 5), 0, start) == Merged::stale);
  CHECK(store.merge(entry("a", "0", 4), 0, start) == Merged::stale);
  Entry other = entry("a", "2", 5);
  other.version.node = "lb2";
  CHECK(store.merge(other, 0, start) == Merged::applied);
  other.version = Version{2, 1, "lb1"};
  CHECK(store.merge(other, 0, start) == Merged::applied);
  CHECK(store.merge(tombstone("a", 99), 0, start) == Merged::stale);  // an old epoch
  CHECK(store.live_entries() == 1);
}

TEST_CASE("changes: a reader meets each key once, in its latest state, in the order of the last changes") {
  Store store;
  store.merge(entry("a", "1", 1), 0, start);
  store.merge(entry("b", "1", 2), 0, start);
  store.merge(entry("a", "2", 3), 0, start);
  const Record* first = store.next_change(0);
  REQUIRE(first != nullptr);
  CHECK(*first->key == "b");
  const Record* second = store.next_change(first->change);
  REQUIRE(second != nullptr);
  CHECK(*second->key == "a");
  CHECK(second->value == "2");
  CHECK(second->change == store.last_change());
  CHECK(store.next_change(second->change) == nullptr);
  store.merge(entry("b", "old", 1), 0, start);  // stale: not a change
  CHECK(store.next_change(second->change) == nullptr);
}

TEST_CASE("expiry: at its time and not before; the wire carries what is left") {
  Store store;
  store.merge(with_time(entry("a", "1", 1), milliseconds(1500)), 0, start);
  store.merge(entry("b", "1", 2), 0, start);
  CHECK(to_entry(*store.find("sticky", "a"), start + seconds(1)).remaining == milliseconds(500));
  CHECK(to_entry(*store.find("sticky", "a"), start + seconds(9)).remaining == Duration::zero());
  CHECK_FALSE(to_entry(*store.find("sticky", "b"), start).remaining);
  store.expire(start + milliseconds(1499), all);
  CHECK(store.find("sticky", "a") != nullptr);
  store.expire(start + milliseconds(1500), all);
  CHECK(store.find("sticky", "a") == nullptr);
  CHECK(store.live_entries() == 1);
  // A newer state resets the time.
  store.merge(with_time(entry("b", "2", 3), seconds(1)), 0, start);
  store.merge(entry("b", "3", 4), 0, start);
  store.expire(start + seconds(5), all);
  CHECK(store.find("sticky", "b") != nullptr);
}

TEST_CASE("expiry is bounded per call and goes by time") {
  Store store;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    store.merge(with_time(entry("k" + std::to_string(i), "v", i), seconds(20 - i)), 0, start);
  }
  store.expire(start + seconds(60), 4);
  CHECK(store.live_entries() == 6);
  CHECK(store.find("sticky", "k10") == nullptr);
  CHECK(store.find("sticky", "k1") != nullptr);
}

TEST_CASE("tombstones hold an older state back for their time") {
  Store store;
  store.merge(entry("a", "1", 1), 0, start);
  store.merge(tombstone("a", 2), 0, start);
  store.acknowledge(store.last_change());
  CHECK(store.live_entries() == 0);
  CHECK(store.merge(entry("a", "1", 1), 0, start) == Merged::stale);
  store.expire(start + seconds(59), all);
  CHECK(store.merge(entry("a", "1", 1), 0, start) == Merged::stale);
  store.expire(start + seconds(60), all);
  CHECK(store.find("sticky", "a") == nullptr);
  CHECK(store.tables().front().tombstones == 0);
}

TEST_CASE("a tombstone that the peer lacks stays, and is repeated; at most a day") {
  Store store;
  store.merge(tombstone("a", 2), 7, start);
  std::uint64_t told = store.last_change();
  for (int minute = 1; minute < 24 * 60; ++minute) {
    store.expire(start + seconds(60 * minute), all);
    const Record* again = store.next_change(told);
    REQUIRE(again != nullptr);
    CHECK(again->origin == 0);  // told to everybody, also to who brought it
    told = again->change;
  }
  store.expire(start + std::chrono::hours(24), all);
  CHECK(store.find("sticky", "a") == nullptr);

  store.merge(tombstone("b", 3), 0, start);
  store.expire(start + seconds(60), all);
  REQUIRE(store.find("sticky", "b") != nullptr);
  store.acknowledge(store.last_change());
  store.expire(start + seconds(120), all);
  CHECK(store.find("sticky", "b") == nullptr);
}

TEST_CASE("the same tombstone again prolongs it, never shortens it; a copy adds its slack") {
  StoreLimits limits;
  limits.tombstone_slack = seconds(30);
  Store store(limits);
  store.merge(with_time(tombstone("a", 2), seconds(60)), 0, start);
  CHECK(store.find("sticky", "a")->deadline == start + seconds(90));
  store.merge(with_time(tombstone("a", 2), seconds(10)), 0, start);
  CHECK(store.find("sticky", "a")->deadline == start + seconds(90));
  store.merge(with_time(tombstone("a", 2), seconds(60)), 0, start + seconds(60));
  CHECK(store.find("sticky", "a")->deadline == start + seconds(150));
  store.merge(with_time(tombstone("b", 2), std::chrono::hours(5)), 0, start);  // nobody may ask for more
  CHECK(store.find("sticky", "b")->deadline == start + seconds(90));
}

TEST_CASE("acknowledgement: counts exactly what is above it, through changes, removals and resets") {
  std::mt19937 random(3);
  Store store;
  std::uint64_t sequence = 0;
  TimePoint now = start;
  for (int step = 0; step < 20'000; ++step) {
    now += milliseconds(1);
    switch (random() % 8) {
      case 0: store.acknowledge(store.acknowledged() + random() % 40); break;
      case 1: if (random() % 50 == 0) store.forget_acknowledged(); break;
      case 2: store.expire(now, 3); break;
      case 3: store.merge(tombstone("k" + std::to_string(random() % 50), ++sequence), 0, now); break;
      default:
        store.merge(with_time(entry("k" + std::to_string(random() % 50), "v", ++sequence), milliseconds(random() % 200)), 0, now);
    }
    std::size_t above = 0;
    for (const Record* r = store.next_change(store.acknowledged()); r != nullptr; r = store.next_change(r->change)) ++above;
    REQUIRE(store.unacknowledged() == above);
    REQUIRE(store.acknowledged() <= store.last_change());
  }
}

TEST_CASE("digests: equal for equal contents, however they came about; different for any difference") {
  Store first, second;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    first.merge(entry("k" + std::to_string(i), "v", i), 0, start);
    second.merge(entry("k" + std::to_string(i), "old", 0), 0, start);
  }
  for (std::uint64_t i = 500; i >= 1; --i) second.merge(entry("k" + std::to_string(i), "v", i), 0, start);
  first.merge(with_time(entry("gone", "v", 1000), seconds(1)), 0, start);
  first.expire(start + seconds(2), all);
  CHECK(*first.sums("sticky") == *second.sums("sticky"));
  CHECK(first.sums("nowhere") == nullptr);

  second.merge(entry("k7", "w", 2000), 0, start);
  std::size_t different = 0;
  for (std::size_t i = 0; i < wire::digest_buckets; ++i) {
    if ((*first.sums("sticky"))[i] == (*second.sums("sticky"))[i]) continue;
    ++different;
    CHECK(i == bucket_of("k7"));
    std::size_t found = 0;
    second.for_each_in_bucket("sticky", i, [&found](const Record& r) { found += *r.key == "k7" ? 1 : 0; });
    CHECK(found == 1);
  }
  CHECK(different == 1);
}

TEST_CASE("digests: the hashes are fixed, both nodes must agree for ever") {
  CHECK(bucket_of("203.0.113.9") == 910);
  Store store;
  store.merge(entry("203.0.113.9", "s1", 7), 0, start);
  CHECK((*store.sums("sticky"))[910] == 0x33a3c5cf303ea470);
}

TEST_CASE("keys spread over the buckets") {
  std::array<int, wire::digest_buckets> counts{};
  for (int i = 0; i < 100 * 1024; ++i) ++counts[bucket_of("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256))];
  CHECK(*std::min_element(counts.begin(), counts.end()) > 50);
  CHECK(*std::max_element(counts.begin(), counts.end()) < 160);
}

TEST_CASE("bounds: a full table refuses new keys only, and counts them; tables are bounded as well") {
  StoreLimits limits;
  limits.entries_per_table = 2;
  limits.tables = 1;
  Store store(limits);
  CHECK(store.merge(entry("a", "1", 1), 0, start) == Merged::applied);
  CHECK(store.merge(tombstone("b", 2), 0, start) == Merged::applied);
  CHECK(store.merge(entry("c", "1", 3), 0, start) == Merged::refused);
  CHECK(store.merge(entry("a", "2", 4), 0, start) == Merged::applied);
  CHECK(store.find("sticky", "c") == nullptr);
  CHECK(store.tables().front().refused == 1);
  Entry elsewhere = entry("a", "1", 5);
  elsewhere.table = "keys";
  CHECK(store.merge(elsewhere, 0, start) == Merged::refused);
  CHECK(store.refused_tables() == 1);
  CHECK(store.unacknowledged() == 2);
  store.acknowledge(store.last_change());
  store.expire(start + seconds(60), all);  // the tombstone makes room
  CHECK(store.merge(entry("c", "1", 6), 0, start) == Merged::applied);
}
