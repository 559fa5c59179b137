// Versioned tables: what syncd holds, and what each client keeps a copy of.
//
// Pure. A Store is merged from entries in any order, any number of times, and ends up the same: per key the
// greatest version wins (merge is commutative, associative and idempotent). Three indexes make the rest cheap:
//   - by change: every applied entry gets the next change number of this Store. Whoever has been told everything
//     up to number c is told the rest by walking on from c; an entry that changes twice meanwhile is met once, in
//     its latest state. So a reader is one number, and what waits for it is bounded by the table.
//   - by deadline: expiry and the end of tombstones.
//   - by bucket: per table 1024 sums over hashes of (key, version), so that two Stores find out where they differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/time.hpp"
#include "common/wire/replica.hpp"

namespace tandem::replica {

struct StoreLimits {
  std::size_t entries_per_table = 1'000'000;  // tombstones included
  std::size_t tables = 64;
  /// How long a tombstone stays, so that an older state that is still on its way cannot come back.
  Duration tombstone_time = std::chrono::seconds(60);
  /// Added to it: a copy keeps tombstones a little longer than the syncd that it might have to feed again.
  Duration tombstone_slack = Duration::zero();
  /// A tombstone that the peer has not acknowledged stays beyond tombstone_time, but not beyond this.
  Duration unacknowledged_tombstone_time = std::chrono::hours(24);
};

/// Who brought an entry into a Store, so that it is not told back to them. 0: nobody to spare.
using Origin = std::uint32_t;

/// The state of one key. Lives in its Store; pointers stay valid until the record is removed by expire().
struct Record {
  const std::string* table = nullptr;
  const std::string* key = nullptr;
  std::string value;
  wire::Version version;
  TimePoint deadline = TimePoint::max();  // of its life, or of the tombstone; max: none
  TimePoint changed_at;
  std::uint64_t change = 0;  // from 1, unique in the Store
  Origin origin = 0;
  bool deleted = false;
};

enum class Merged : std::uint8_t {
  applied,
  stale,    // the Store has this version or a newer one
  refused,  // a new key, and the table (or the number of tables) is full
};

class Store {
 public:
  explicit Store(StoreLimits limits = {});
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// `entry` must be valid (wire::valid_entry). O(log n).
  Merged merge(const wire::Entry& entry, Origin origin, TimePoint now);

  [[nodiscard]] const Record* find(std::string_view table, std::string_view key) const;
  /// The record with the smallest change number above `after`, or nullptr. O(log n).
  [[nodiscard]] const Record* next_change(std::uint64_t after) const;
  [[nodiscard]] std::uint64_t last_change() const { return last_change_; }

  /// Removes what has ended by `now`, at most `most` records. A tombstone above the acknowledged change is
  /// kept for another tombstone_time, and counts as changed so that copies keep it as well.
  void expire(TimePoint now, std::size_t most);

  // ---- what the peer has ---------------------------------------------------------------------

  /// The peer has everything up to `change`. Lower numbers than before have no effect.
  void acknowledge(std::uint64_t change);
  /// The peer has lost everything.
  void forget_acknowledged();
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  /// Records with a change number above the acknowledged one. O(1).
  [[nodiscard]] std::size_t unacknowledged() const { return unacknowledged_; }

  // ---- digests -------------------------------------------------------------------------------

  using Sums = std::array<std::uint64_t, wire::digest_buckets>;
  struct TableStatus {
    std::string name;
    std::size_t entries = 0;  // without tombstones
    std::size_t tombstones = 0;
    std::uint64_t refused = 0;
  };
  /// Sorted by name.
  [[nodiscard]] std::vector<TableStatus> tables() const;
  /// The sums of a table; nullptr if there is no such table.
  [[nodiscard]] const Sums* sums(std::string_view table) const;
  void for_each_in_bucket(std::string_view table, std::size_t bucket,
                          const std::function<void(const Record&)>& visit) const;

  /// Entries without tombstones, over all tables.
  [[nodiscard]] std::size_t live_entries() const;
  /// Refusals for want of a table, which no table counts.
  [[nodiscard]] std::uint64_t refused_tables() const { return refused_tables_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Bucket = std::unordered_map<std::string, Record, Hash, std::equal_to<>>;
  struct Table {
    std::string name;
    std::array<Bucket, wire::digest_buckets> buckets;
    Sums sums{};
    std::size_t entries = 0;
    std::size_t tombstones = 0;
    std::uint64_t refused = 0;
  };

  Table* table_for(std::string_view name);
  Record* record_for(Table& table, std::string_view key);
  void assign(Table& table, Record& record, const wire::Entry& entry, TimePoint now);
  [[nodiscard]] TimePoint deadline_of(const wire::Entry& entry, TimePoint now) const;
  void set_deadline(Record& record, TimePoint deadline);
  void touch(Record& record);
  void remove(Record& record);

  StoreLimits limits_;
  std::map<std::string, std::unique_ptr<Table>, std::less<>> tables_;
  std::map<std::uint64_t, Record*> by_change_;
  std::set<std::pair<TimePoint, Record*>> by_deadline_;  // only records that have one
  std::uint64_t last_change_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::size_t unacknowledged_ = 0;
  std::uint64_t refused_tables_ = 0;
};

/// The record as it goes over the wire now.
wire::Entry to_entry(const Record& record, TimePoint now);

/// The bucket of a key: both nodes must agree (doc/protocols/sync.md).
std::size_t bucket_of(std::string_view key);

}  // namespace tandem::replica
