#include "syncd/core/replicator.hpp"

#include <algorithm>

#include "common/base/assert.hpp"

namespace tandem::sync {

Replicator::Replicator(Identity identity, std::uint64_t start_epoch, TimePoint now, replica::StoreLimits limits,
                       Timing timing)
    : shared_(std::move(identity), start_epoch, limits, timing), started_(now), peer_(shared_) {}

std::uint32_t Replicator::add_client() {
  const std::uint32_t id = ++last_origin_;
  clients_.emplace(id, std::make_unique<FeedSession>(shared_, id));
  return id;
}

FeedSession& Replicator::client(std::uint32_t id) {
  const auto found = clients_.find(id);
  TANDEM_ASSERT(found != clients_.end());
  return *found->second;
}

void Replicator::remove_client(std::uint32_t id) { clients_.erase(id); }

std::vector<std::string> Replicator::clients() const {
  std::vector<std::string> names;
  for (const auto& [id, session] : clients_) {
    if (!session->client().empty()) names.push_back(session->client());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Replicator::tick(TimePoint now) {
  constexpr std::size_t most_at_once = 5'000;  // some milliseconds; the rest has the next turn
  shared_.store.expire(now, most_at_once);
}

InSync Replicator::in_sync(TimePoint now) const {
  const std::string& peer = shared_.identity.peer;
  switch (peer_.state()) {
    case PeerState::in_sync: return {true, "repaired with " + peer};
    case PeerState::repairing: return {false, "exchanging differences with " + peer};
    case PeerState::connecting:
    case PeerState::down: break;
  }
  if (peer_.counters().resyncs > 0) return {true, peer + " is not connected; this node has all that was known"};
  const TimePoint waiting_since = std::max(started_, peer_.last_heard());
  if (now - waiting_since >= shared_.timing.give_up_waiting) {
    return {true, peer + " has not been heard; no longer waiting for it"};
  }
  return {false, "waiting for " + peer};
}

Lag Replicator::lag(TimePoint now) const {
  const replica::Store& store = shared_.store;
  Lag lag;
  lag.entries = store.unacknowledged();
  if (const replica::Record* oldest = store.next_change(store.acknowledged())) {
    lag.oldest = std::max(now - oldest->changed_at, Duration::zero());
  }
  return lag;
}

}  // namespace tandem::sync
