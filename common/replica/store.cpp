#include "common/replica/store.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "common/replica/digest.hpp"

namespace tandem::replica {

std::size_t bucket_of(std::string_view key) { return key_hash(key) % wire::digest_buckets; }

wire::Entry to_entry(const Record& record, TimePoint now) {
  wire::Entry entry;
  entry.table = *record.table;
  entry.key = *record.key;
  entry.value = record.value;
  entry.version = record.version;
  entry.deleted = record.deleted;
  if (record.deadline != TimePoint::max()) entry.remaining = std::max(record.deadline - now, Duration::zero());
  return entry;
}

Store::Store(StoreLimits limits) : limits_(limits) {}

Merged Store::merge(const wire::Entry& entry, Origin origin, TimePoint now) {
  TANDEM_ASSERT(wire::valid_entry(entry));
  Table* const table = table_for(entry.table);
  if (table == nullptr) {
    ++refused_tables_;
    return Merged::refused;
  }
  Record* const record = record_for(*table, entry.key);
  if (record == nullptr) {
    ++table->refused;
    return Merged::refused;
  }
  const bool fresh = record->change == 0;
  if (!fresh && entry.version <= record->version) {
    // The same tombstone again, from one who was told to keep it longer.
    if (entry.version == record->version && record->deleted) {
      set_deadline(*record, std::max(record->deadline, deadline_of(entry, now)));
    }
    return Merged::stale;
  }
  assign(*table, *record, entry, now);
  record->origin = origin;
  touch(*record);
  return Merged::applied;
}

Store::Table* Store::table_for(std::string_view name) {
  if (const auto found = tables_.find(name); found != tables_.end()) return found->second.get();
  if (tables_.size() >= limits_.tables) return nullptr;
  auto table = std::make_unique<Table>();
  table->name = name;
  return tables_.emplace(std::string(name), std::move(table)).first->second.get();
}

/// The record of a key, made if there is room; change 0 marks a new one.
Record* Store::record_for(Table& table, std::string_view key) {
  Bucket& bucket = table.buckets[bucket_of(key)];
  if (const auto found = bucket.find(key); found != bucket.end()) return &found->second;
  if (table.entries + table.tombstones >= limits_.entries_per_table) return nullptr;
  const auto added = bucket.try_emplace(std::string(key)).first;
  added->second.table = &table.name;
  added->second.key = &added->first;
  return &added->second;
}

void Store::assign(Table& table, Record& record, const wire::Entry& entry, TimePoint now) {
  std::uint64_t& sum = table.sums[bucket_of(entry.key)];
  if (record.change != 0) {
    sum -= state_hash(*record.key, record.version);
    --(record.deleted ? table.tombstones : table.entries);
  }
  record.value = entry.value;
  record.version = entry.version;
  record.deleted = entry.deleted;
  record.changed_at = now;
  set_deadline(record, deadline_of(entry, now));
  sum += state_hash(*record.key, record.version);
  ++(record.deleted ? table.tombstones : table.entries);
}

TimePoint Store::deadline_of(const wire::Entry& entry, TimePoint now) const {
  if (entry.deleted) {
    const Duration left = std::min(entry.remaining.value_or(limits_.tombstone_time), limits_.tombstone_time);
    return now + left + limits_.tombstone_slack;
  }
  return entry.remaining ? now + std::min(*entry.remaining, wire::max_remaining) : TimePoint::max();
}

void Store::set_deadline(Record& record, TimePoint deadline) {
  if (record.deadline == deadline) return;
  if (record.deadline != TimePoint::max()) by_deadline_.erase({record.deadline, &record});
  record.deadline = deadline;
  if (deadline != TimePoint::max()) by_deadline_.emplace(deadline, &record);
}

/// Gives the record the next change number.
void Store::touch(Record& record) {
  const bool counted = record.change > acknowledged_;
  auto node = record.change != 0 ? by_change_.extract(record.change) : decltype(by_change_)::node_type{};
  record.change = ++last_change_;
  if (node.empty()) {
    by_change_.emplace_hint(by_change_.end(), record.change, &record);
  } else {
    node.key() = record.change;
    by_change_.insert(by_change_.end(), std::move(node));
  }
  if (!counted) ++unacknowledged_;
}

void Store::remove(Record& record) {
  set_deadline(record, TimePoint::max());
  by_change_.erase(record.change);
  if (record.change > acknowledged_) --unacknowledged_;
  Table& table = *tables_.find(*record.table)->second;
  const std::size_t bucket = bucket_of(*record.key);
  table.sums[bucket] -= state_hash(*record.key, record.version);
  --(record.deleted ? table.tombstones : table.entries);
  table.buckets[bucket].erase(table.buckets[bucket].find(*record.key));
}

const Record* Store::find(std::string_view table, std::string_view key) const {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return nullptr;
  const Bucket& bucket = found->second->buckets[bucket_of(key)];
  const auto record = bucket.find(key);
  return record == bucket.end() ? nullptr : &record->second;
}

const Record* Store::next_change(std::uint64_t after) const {
  const auto next = by_change_.upper_bound(after);
  return next == by_change_.end() ? nullptr : next->second;
}

void Store::expire(TimePoint now, std::size_t most) {
  for (; most > 0 && !by_deadline_.empty() && by_deadline_.begin()->first <= now; --most) {
    Record& record = *by_deadline_.begin()->second;
    const bool wanted = record.deleted && record.change > acknowledged_ &&
                        now - record.changed_at < limits_.unacknowledged_tombstone_time;
    if (wanted) {
      set_deadline(record, now + limits_.tombstone_time);
      record.origin = 0;  // whoever brought it must keep it longer, too
      touch(record);
    } else {
      remove(record);
    }
  }
}

void Store::acknowledge(std::uint64_t change) {
  const std::uint64_t upto = std::min(change, last_change_);
  if (upto <= acknowledged_) return;
  for (auto it = by_change_.upper_bound(acknowledged_); it != by_change_.end() && it->first <= upto; ++it) {
    --unacknowledged_;
  }
  acknowledged_ = upto;
}

void Store::forget_acknowledged() {
  acknowledged_ = 0;
  unacknowledged_ = by_change_.size();
}

std::vector<Store::TableStatus> Store::tables() const {
  std::vector<TableStatus> result;
  result.reserve(tables_.size());
  for (const auto& [name, table] : tables_) {
    result.push_back({name, table->entries, table->tombstones, table->refused});
  }
  return result;
}

const Store::Sums* Store::sums(std::string_view table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : &found->second->sums;
}

void Store::for_each_in_bucket(std::string_view table, std::size_t bucket,
                               const std::function<void(const Record&)>& visit) const {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return;
  for (const auto& [key, record] : found->second->buckets[bucket]) visit(record);
}

std::size_t Store::live_entries() const {
  std::size_t count = 0;
  for (const auto& [name, table] : tables_) count += table->entries;
  return count;
}

}  // namespace tandem::replica
