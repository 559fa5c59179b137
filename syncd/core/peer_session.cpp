#include "syncd/core/peer_session.hpp"

#include <algorithm>

namespace tandem::sync {

void PeerSession::connected(TimePoint now) {
  link_ = Link{};
  link_.next_heartbeat = now + shared_.timing.heartbeat;
  link_.alive_at = now;
  enter(PeerState::connecting, now);
}

void PeerSession::lost() { state_ = PeerState::down; }

void PeerSession::enter(PeerState state, TimePoint now) {
  state_ = state;
  since_ = now;
}

Result<> PeerSession::refuse(std::string reason) {
  link_.refusal = reason;
  return Error{std::move(reason)};
}

// ---- receiving -------------------------------------------------------------------------------

Result<> PeerSession::receive(const wire::Message& message, TimePoint now) {
  link_.alive_at = now;
  if (state_ == PeerState::repairing || state_ == PeerState::in_sync) last_heard_ = now;
  if (const auto* refusal = std::get_if<wire::Refusal>(&message)) return Error{"the peer refused: " + refusal->reason};
  if (const auto* hello = std::get_if<wire::Hello>(&message)) return welcome(*hello, now);
  if (state_ != PeerState::repairing && state_ != PeerState::in_sync) return refuse("data before the hello");
  if (const auto* list = std::get_if<wire::Entries>(&message)) return take_entries(*list, now);
  if (const auto* ack = std::get_if<wire::Ack>(&message)) return take_ack(*ack, now);
  if (const auto* digest = std::get_if<wire::Digest>(&message)) return take_digest(*digest);
  if (const auto* end = std::get_if<wire::DigestEnd>(&message)) {
    answer_digest(end->round);
    return {};
  }
  if (const auto* repaired = std::get_if<wire::Repaired>(&message)) {
    if (repaired->round >= 1) link_.repaired_by_peer = true;
    check_in_sync(now);
    return {};
  }
  if (std::holds_alternative<wire::Heartbeat>(message)) return {};
  return refuse("a message that does not belong on the link between peers");
}

Result<> PeerSession::welcome(const wire::Hello& hello, TimePoint now) {
  const Identity& self = shared_.identity;
  if (state_ != PeerState::connecting) return refuse("a second hello");
  if (hello.role != wire::Hello::Role::peer) return refuse("a hello that is not a peer's");
  if (hello.protocol != wire::protocol_version) {
    return refuse("node " + hello.name + " speaks replication protocol " + std::to_string(hello.protocol) +
                  ", node " + self.node + " " + std::to_string(wire::protocol_version) +
                  ": install the same version on both nodes");
  }
  if (hello.cluster != self.cluster) {
    return refuse("node " + hello.name + " belongs to cluster \"" + hello.cluster + "\", node " + self.node +
                  " to \"" + self.cluster + "\"");
  }
  if (hello.name != self.peer) {
    return refuse("node " + hello.name + " is not the peer that node " + self.node + " is configured with, \"" +
                  self.peer + "\"");
  }
  shared_.clock.observe(hello.clock);
  if (hello.boot != peer_boot_) shared_.store.forget_acknowledged();
  peer_boot_ = hello.boot;
  ++counters_.connections;
  last_heard_ = now;
  // Everything up to now is the repair's business, everything later is sent as it happens.
  link_.told = shared_.store.last_change();
  link_.covered = link_.told;
  link_.next_digest = now;
  enter(PeerState::repairing, now);
  return {};
}

Result<> PeerSession::take_entries(const wire::Entries& list, TimePoint now) {
  if (list.number != link_.received_number + 1) {
    return refuse("entries message " + std::to_string(list.number) + " where " +
                  std::to_string(link_.received_number + 1) + " was due");
  }
  link_.received_number = list.number;
  link_.ack_due = true;
  for (const wire::Entry& entry : list.entries) {
    ++counters_.entries_received;
    const replica::Merged merged = shared_.merge(entry, origin, now);
    if (merged == replica::Merged::applied) ++counters_.entries_applied;
    if (merged == replica::Merged::refused) ++counters_.entries_refused;
  }
  return {};
}

Result<> PeerSession::take_ack(const wire::Ack& ack, TimePoint now) {
  if (ack.number > link_.sent_number || ack.number < link_.acked_number) {
    return refuse("an acknowledgement of message " + std::to_string(ack.number) + ", but " +
                  std::to_string(link_.acked_number) + " to " + std::to_string(link_.sent_number) + " are possible");
  }
  link_.acked_number = ack.number;
  while (!link_.in_flight.empty() && link_.in_flight.front().number <= ack.number) {
    link_.covered = std::max(link_.covered, link_.in_flight.front().covers);
    link_.in_flight.pop_front();
  }
  note_acknowledged();
  check_in_sync(now);
  return {};
}

Result<> PeerSession::take_digest(const wire::Digest& digest) {
  constexpr std::size_t most_tables = 256;  // bounds the memory of a round; tables are few
  if (link_.peer_sums.size() >= most_tables) return refuse("more than 256 tables in a digest");
  link_.peer_sums[digest.table] = digest.buckets;
  return {};
}

void PeerSession::answer_digest(std::uint32_t round) {
  std::set<BucketId> differing = differing_buckets();
  link_.peer_sums.clear();
  if (link_.repair_round != 0 || (round > 1 && !link_.repair_sent)) return;  // still busy with the last answer
  link_.repair_round = round;
  for (const BucketId& bucket : differing) {
    if (round == 1 || link_.suspects.contains(bucket)) link_.repair.push_back(bucket);
  }
  // What is repaired now will differ no more; what differed once is watched.
  if (round > 1) counters_.buckets_mismatched += link_.repair.size();
  if (round == 1) differing.clear();
  link_.suspects = std::move(differing);
}

/// Of our tables: buckets that the peer's digest shows otherwise. (What only the peer has, the peer sends.)
std::set<PeerSession::BucketId> PeerSession::differing_buckets() const {
  std::set<BucketId> result;
  for (const auto& table : shared_.store.tables()) {
    const auto& ours = *shared_.store.sums(table.name);
    const auto theirs = link_.peer_sums.find(table.name);
    for (std::size_t bucket = 0; bucket < ours.size(); ++bucket) {
      const std::uint64_t their_sum = theirs == link_.peer_sums.end() ? 0 : theirs->second[bucket];
      if (ours[bucket] != their_sum) result.emplace(table.name, bucket);
    }
  }
  return result;
}

/// Only with the repair acknowledged does the peer have everything up to `covered`.
void PeerSession::note_acknowledged() {
  if (link_.repair_sent && link_.acked_number >= link_.repair_end) shared_.store.acknowledge(link_.covered);
}

void PeerSession::check_in_sync(TimePoint now) {
  if (state_ != PeerState::repairing) return;
  if (!link_.repair_sent || link_.acked_number < link_.repair_end || !link_.repaired_by_peer) return;
  note_acknowledged();
  ++counters_.resyncs;
  link_.next_digest = now + shared_.timing.digest_interval;
  enter(PeerState::in_sync, now);
}

// ---- sending ---------------------------------------------------------------------------------

void PeerSession::produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now) {
  if (state_ == PeerState::down) return;
  if (!link_.refusal.empty()) {
    wire::encode(wire::Refusal{link_.refusal}, out);
    link_.refusal.clear();
    return;
  }
  if (!link_.hello_sent) produce_hello(out);
  const std::size_t start = out.size();
  produce_due(out, now);
  if (state_ == PeerState::connecting) return;
  while (out.size() - start < budget && produce_changes(out, now)) {}
  while (out.size() - start < budget && produce_repair(out, now)) {}
  check_in_sync(now);
}

void PeerSession::produce_hello(std::vector<std::uint8_t>& out) {
  link_.hello_sent = true;
  wire::Hello hello;
  hello.role = wire::Hello::Role::peer;
  hello.cluster = shared_.identity.cluster;
  hello.name = shared_.identity.node;
  hello.boot = shared_.identity.boot;
  hello.clock = shared_.clock.latest();
  wire::encode(hello, out);
}

/// The small messages whose time has come.
void PeerSession::produce_due(std::vector<std::uint8_t>& out, TimePoint now) {
  if (now >= link_.next_heartbeat) {
    link_.next_heartbeat = now + shared_.timing.heartbeat;
    wire::encode(wire::Heartbeat{++link_.heartbeats}, out);
  }
  if (link_.ack_due) {
    link_.ack_due = false;
    wire::encode(wire::Ack{link_.received_number}, out);
  }
  if (now >= link_.next_digest) {
    // The second round has to wait until both have come to the end of the first.
    link_.next_digest = state_ == PeerState::in_sync ? now + shared_.timing.digest_interval : TimePoint::max();
    produce_digests(out);
  }
}

void PeerSession::produce_digests(std::vector<std::uint8_t>& out) {
  ++link_.digest_round;
  for (const auto& table : shared_.store.tables()) {
    const auto& sums = *shared_.store.sums(table.name);
    wire::encode(wire::Digest{link_.digest_round, table.name, {sums.begin(), sums.end()}}, out);
  }
  wire::encode(wire::DigestEnd{link_.digest_round}, out);
}

bool PeerSession::produce_changes(std::vector<std::uint8_t>& out, TimePoint now) {
  if (link_.in_flight.size() >= shared_.limits.frames_in_flight) return false;
  auto frame = wire::ListFrame::entries(out, link_.sent_number + 1);
  std::uint64_t count = 0;
  const replica::Record* record = shared_.store.next_change(link_.told);
  while (record != nullptr) {
    if (record->origin != origin) {
      if (!frame.add(replica::to_entry(*record, now), shared_.limits.frame_target)) break;
      ++count;
    }
    link_.told = record->change;
    record = shared_.store.next_change(link_.told);
  }
  if (record == nullptr) link_.told = shared_.store.last_change();
  if (frame.finish()) {
    note_sent(count);
    return true;
  }
  // With nothing in flight, what was passed (it came from the peer itself) needs no acknowledgement.
  if (link_.in_flight.empty()) {
    link_.covered = link_.told;
    note_acknowledged();
  }
  return false;
}

/// The next differing bucket, whole; after the last one, Repaired.
bool PeerSession::produce_repair(std::vector<std::uint8_t>& out, TimePoint now) {
  if (link_.repair_round == 0 || link_.in_flight.size() >= shared_.limits.frames_in_flight) return false;
  if (link_.repair.empty()) {
    wire::encode(wire::Repaired{link_.repair_round}, out);
    if (!link_.repair_sent) link_.repair_end = link_.sent_number;
    link_.repair_sent = true;
    link_.repair_round = 0;
    return true;
  }
  const BucketId bucket = link_.repair.front();
  link_.repair.pop_front();
  std::vector<const replica::Record*> records;
  shared_.store.for_each_in_bucket(bucket.first, bucket.second,
                                   [&records](const replica::Record& record) { records.push_back(&record); });
  for (std::size_t next = 0; next < records.size();) {
    auto frame = wire::ListFrame::entries(out, link_.sent_number + 1);
    const std::size_t first = next;
    while (next < records.size() && frame.add(replica::to_entry(*records[next], now), shared_.limits.frame_target)) {
      ++next;
    }
    frame.finish();
    counters_.entries_repaired += next - first;
    note_sent(next - first);
  }
  return true;
}

void PeerSession::note_sent(std::uint64_t entries) {
  link_.in_flight.push_back({++link_.sent_number, link_.told});
  counters_.entries_sent += entries;
}

// ---- time ------------------------------------------------------------------------------------

TimePoint PeerSession::deadline() const {
  if (state_ == PeerState::down) return TimePoint::max();
  return std::min({link_.next_heartbeat, link_.next_digest, link_.alive_at + shared_.timing.dead});
}

bool PeerSession::dead(TimePoint now) const {
  return state_ != PeerState::down && now - link_.alive_at >= shared_.timing.dead;
}

}  // namespace tandem::sync
