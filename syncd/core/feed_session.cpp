#include "syncd/core/feed_session.hpp"

#include <algorithm>

namespace tandem::sync {

Result<> FeedSession::receive(const wire::Message& message, TimePoint now) {
  if (const auto* hello = std::get_if<wire::Hello>(&message)) return welcome(*hello);
  if (client_.empty()) return refuse("data before the hello");
  if (const auto* list = std::get_if<wire::Entries>(&message)) {
    for (const wire::Entry& entry : list->entries) shared_.merge(entry, origin_, now);
    return {};
  }
  if (const auto* list = std::get_if<wire::Puts>(&message)) {
    for (const wire::Put& put : list->puts) store(put, now);
    return {};
  }
  return refuse("a message that does not belong on the local feed");
}

Result<> FeedSession::refuse(std::string reason) {
  refusal_ = std::move(reason);
  return Error{(client_.empty() ? "a client" : "client " + client_) + " sent " + refusal_};
}

Result<> FeedSession::welcome(const wire::Hello& hello) {
  if (!client_.empty()) return refuse("a second hello");
  if (hello.role != wire::Hello::Role::client) return refuse("a hello that is not a client's");
  if (hello.protocol != wire::protocol_version) {
    return refuse("replication protocol " + std::to_string(hello.protocol) + ", but syncd speaks " +
                  std::to_string(wire::protocol_version) + ": restart both after an upgrade");
  }
  client_ = hello.name;
  only_table_ = hello.cluster;
  hello_due_ = true;
  return {};
}

void FeedSession::store(const wire::Put& put, TimePoint now) {
  // The state that it replaces may be known to the client alone.
  shared_.clock.observe(put.entry.version);
  wire::Entry entry = put.entry;
  entry.version = shared_.clock.next();
  const bool stored = shared_.store.merge(entry, origin_, now) == replica::Merged::applied;
  if (stored) {
    results_.push_back({put.number, false, entry.version.epoch, entry.version.sequence});
  } else {
    results_.push_back({put.number, true, 0, 0});
  }
}

void FeedSession::produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now) {
  if (!refusal_.empty()) {
    wire::encode(wire::Refusal{refusal_}, out);
    refusal_.clear();
    return;
  }
  if (client_.empty()) return;
  if (hello_due_) {
    hello_due_ = false;
    wire::Hello hello;
    hello.role = wire::Hello::Role::feed;
    hello.cluster = shared_.identity.cluster;
    hello.name = shared_.identity.node;
    hello.boot = shared_.identity.boot;
    hello.clock = shared_.clock.latest();
    wire::encode(hello, out);
  }
  const std::size_t start = out.size();
  produce_results(out);
  while (out.size() - start < budget && produce_entries(out, now)) {}
  if (!snapshot_sent_ && told_ == shared_.store.last_change()) {
    snapshot_sent_ = true;
    wire::encode(wire::SnapshotEnd{}, out);
  }
}

void FeedSession::produce_results(std::vector<std::uint8_t>& out) {
  constexpr std::size_t most_in_frame = 2000;  // of 25 bytes
  while (!results_.empty()) {
    const auto end = results_.begin() + static_cast<std::ptrdiff_t>(std::min(results_.size(), most_in_frame));
    wire::encode(wire::PutResults{{results_.begin(), end}}, out);
    results_.erase(results_.begin(), end);
  }
}

bool FeedSession::produce_entries(std::vector<std::uint8_t>& out, TimePoint now) {
  auto frame = wire::ListFrame::entries(out, number_ + 1);
  const replica::Record* record = shared_.store.next_change(told_);
  while (record != nullptr) {
    const bool wanted = record->origin != origin_ && (only_table_.empty() || *record->table == only_table_);
    if (wanted && !frame.add(replica::to_entry(*record, now), shared_.limits.frame_target)) break;
    told_ = record->change;
    record = shared_.store.next_change(told_);
  }
  if (record == nullptr) told_ = shared_.store.last_change();
  if (!frame.finish()) return false;
  ++number_;
  return true;
}

}  // namespace tandem::sync
