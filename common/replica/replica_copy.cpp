#include "common/replica/replica_copy.hpp"

#include <algorithm>

namespace tandem::replica {
namespace {

constexpr std::size_t frame_target = 16 * 1024;   // small enough to keep latency even while a copy is being fed
constexpr std::size_t most_in_flight = 4096;      // writes without an answer
constexpr std::size_t most_expired_at_once = 5'000;  // some milliseconds

bool alive(const Record& record, TimePoint now) { return !record.deleted && record.deadline > now; }

}  // namespace

StoreLimits ReplicaCopy::default_limits() {
  StoreLimits limits;
  // syncd keeps a tombstone for as long as it is needed and repeats it once a minute; the copy must not forget it
  // between two repetitions.
  limits.tombstone_slack = std::chrono::seconds(30);
  return limits;
}

ReplicaCopy::ReplicaCopy(std::string client_name, std::uint64_t boot, StoreLimits limits, std::string only_table)
    : name_(std::move(client_name)), only_table_(std::move(only_table)), boot_(boot), limits_(limits), copy_(limits) {}

bool ReplicaCopy::put(std::string_view table, std::string_view key, std::string_view value,
                      std::optional<Duration> ttl, TimePoint now) {
  wire::Entry entry;
  entry.table = table;
  entry.key = key;
  entry.value = value;
  return write(std::move(entry), ttl, now);
}

bool ReplicaCopy::erase(std::string_view table, std::string_view key, TimePoint now) {
  wire::Entry entry;
  entry.table = table;
  entry.key = key;
  entry.deleted = true;
  return write(std::move(entry), std::nullopt, now);
}

bool ReplicaCopy::write(wire::Entry entry, std::optional<Duration> ttl, TimePoint now) {
  if (!wire::valid_entry(entry)) {
    ++refused_;
    return false;
  }
  Key key(entry.table, entry.key);
  const auto found = pending_.find(key);
  if (found == pending_.end() && pending_.size() >= limits_.entries_per_table) {
    ++refused_;
    return false;
  }
  const auto place = found != pending_.end() ? found : pending_.emplace(std::move(key), Write{}).first;
  Write& write = place->second;
  unsent_.erase(write.number);
  write.entry = std::move(entry);
  write.deadline = ttl ? now + std::clamp(*ttl, Duration::zero(), wire::max_remaining) : TimePoint::max();
  write.number = ++last_number_;
  unsent_.emplace_hint(unsent_.end(), write.number, &place->first);
  return true;
}

void ReplicaCopy::connected() {
  line_ = Line{};
  line_.up = true;
}

void ReplicaCopy::disconnected() {
  line_ = Line{};
  in_flight_.clear();
  unsent_.clear();
  for (const auto& [key, write] : pending_) unsent_.emplace(write.number, &key);
}

Result<> ReplicaCopy::receive(const wire::Message& message, TimePoint now, std::vector<wire::Entry>& changes) {
  if (const auto* refusal = std::get_if<wire::Refusal>(&message)) return Error{"syncd refused: " + refusal->reason};
  if (const auto* hello = std::get_if<wire::Hello>(&message)) return welcome(*hello);
  if (!line_.welcomed) return Error{"syncd sent data before its hello"};
  if (const auto* list = std::get_if<wire::Entries>(&message)) {
    merge(*list, now, changes);
    return {};
  }
  if (const auto* results = std::get_if<wire::PutResults>(&message)) return settle(*results, now, changes);
  if (std::holds_alternative<wire::SnapshotEnd>(message)) {
    line_.caught_up = true;
    return {};
  }
  return Error{"syncd sent a message that does not belong on the local feed"};
}

Result<> ReplicaCopy::welcome(const wire::Hello& hello) {
  if (line_.welcomed) return Error{"syncd sent a second hello"};
  if (hello.role != wire::Hello::Role::feed) return Error{"the other side of the feed socket is not syncd"};
  if (hello.protocol != wire::protocol_version) {
    return Error{"syncd speaks replication protocol " + std::to_string(hello.protocol) + ", this daemon " +
                 std::to_string(wire::protocol_version) + ": restart both after an upgrade"};
  }
  line_.welcomed = true;
  line_.node = hello.name;
  line_.feed_end = copy_.last_change();
  return {};
}

void ReplicaCopy::merge(const wire::Entries& list, TimePoint now, std::vector<wire::Entry>& changes) {
  for (const wire::Entry& entry : list.entries) {
    if (copy_.merge(entry, 0, now) != Merged::applied) continue;
    // A pending write of ours is younger than this, and will get a newer version.
    if (!pending_.contains(Key(entry.table, entry.key))) changes.push_back(entry);
  }
}

Result<> ReplicaCopy::settle(const wire::PutResults& list, TimePoint now, std::vector<wire::Entry>& changes) {
  for (const wire::PutResult& result : list.results) {
    if (in_flight_.empty() || in_flight_.front().number != result.number) {
      return Error{"syncd answered write " + std::to_string(result.number) + " out of turn"};
    }
    const Write sent = std::move(in_flight_.front());
    in_flight_.pop_front();
    settle_one(sent, result, now, changes);
  }
  return {};
}

void ReplicaCopy::settle_one(const Write& sent, const wire::PutResult& result, TimePoint now,
                             std::vector<wire::Entry>& changes) {
  const Key key(sent.entry.table, sent.entry.key);
  Merged merged = Merged::refused;
  if (!result.refused) {
    // Also if a younger write of the key is pending: that one replaces this version.
    wire::Entry entry = sent.entry;
    entry.version = wire::Version{result.epoch, result.sequence, line_.node};
    if (sent.deadline != TimePoint::max()) entry.remaining = std::max(sent.deadline - now, Duration::zero());
    merged = copy_.merge(entry, 0, now);
  }
  const auto pending = pending_.find(key);
  if (pending == pending_.end() || pending->second.number != sent.number) return;
  pending_.erase(pending);
  if (merged == Merged::refused) ++refused_;
  // Something newer came in while the write was on its way, or the write was refused: what holds now is theirs.
  if (merged == Merged::applied) return;
  if (const Record* record = copy_.find(key.first, key.second)) changes.push_back(to_entry(*record, now));
}

void ReplicaCopy::produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now) {
  if (!line_.up) return;
  if (!line_.hello_sent) {
    wire::Hello hello;
    hello.role = wire::Hello::Role::client;
    hello.cluster = only_table_;
    hello.name = name_;
    hello.boot = boot_;
    wire::encode(hello, out);
    line_.hello_sent = true;
  }
  if (!line_.welcomed) return;
  const std::size_t start = out.size();
  // Writes wait for the end of the copy (or of the budget): syncd then knows every version that this daemon has seen.
  while (out.size() - start < budget && produce_copy(out, now)) {}
  while (out.size() - start < budget && produce_writes(out, now)) {}
}

bool ReplicaCopy::produce_copy(std::vector<std::uint8_t>& out, TimePoint now) {
  if (line_.fed >= line_.feed_end) return false;
  auto frame = wire::ListFrame::entries(out, line_.feed_number + 1);
  const Record* record = copy_.next_change(line_.fed);
  while (record != nullptr && record->change <= line_.feed_end && frame.add(to_entry(*record, now), frame_target)) {
    line_.fed = record->change;
    record = copy_.next_change(line_.fed);
  }
  // What changed since the hello came from syncd itself.
  if (record == nullptr || record->change > line_.feed_end) line_.fed = line_.feed_end;
  if (!frame.finish()) return false;
  ++line_.feed_number;
  return true;
}

bool ReplicaCopy::produce_writes(std::vector<std::uint8_t>& out, TimePoint now) {
  auto frame = wire::ListFrame::puts(out);
  while (!unsent_.empty() && in_flight_.size() < most_in_flight) {
    const Key& key = *unsent_.begin()->second;
    Write& write = pending_.find(key)->second;
    wire::Put put{write.number, write.entry};
    if (write.deadline != TimePoint::max()) put.entry.remaining = std::max(write.deadline - now, Duration::zero());
    if (const Record* record = copy_.find(key.first, key.second)) put.entry.version = record->version;
    if (!frame.add(put, frame_target)) break;
    in_flight_.push_back(write);
    unsent_.erase(unsent_.begin());
  }
  return frame.finish();
}

void ReplicaCopy::expire(TimePoint now) {
  // Tombstones here go by syncd's word alone, which repeats those that the peer still lacks.
  copy_.acknowledge(copy_.last_change());
  copy_.expire(now, most_expired_at_once);
}

std::size_t ReplicaCopy::entries() const {
  std::size_t count = copy_.live_entries();
  for (const auto& [key, write] : pending_) {
    const Record* record = copy_.find(key.first, key.second);
    const bool held = record != nullptr && !record->deleted;
    if (held && write.entry.deleted) --count;
    if (!held && !write.entry.deleted) ++count;
  }
  return count;
}

std::optional<std::string> ReplicaCopy::value(std::string_view table, std::string_view key, TimePoint now) const {
  const auto pending = pending_.find(Key(table, key));
  if (pending != pending_.end()) {
    if (pending->second.entry.deleted || pending->second.deadline <= now) return std::nullopt;
    return pending->second.entry.value;
  }
  const Record* record = copy_.find(table, key);
  if (record == nullptr || !alive(*record, now)) return std::nullopt;
  return record->value;
}

}  // namespace tandem::replica
