#include "lbd/control/snapshot_builder.hpp"

#include <utility>

#include "common/base/assert.hpp"

namespace tandem::lbd {
namespace {

SnapshotGroup build_group(const config::TargetGroupConfig& config, IdRegistry& ids, const BackendBoard& board) {
  SnapshotGroup group{ids.group(config.name), config, {}};
  group.backends.reserve(config.backends.size());
  for (const auto& backend : config.backends) {
    const BackendState* state = board.find(ids.backend(config.name, backend));
    TANDEM_ASSERT(state != nullptr);
    group.backends.push_back({state->id, state->identity, backend, state->availability()});
  }
  return group;
}

}  // namespace

SnapshotPtr build_snapshot(const config::Config& config, IdRegistry& ids, const BackendBoard& board,
                           const SocketsByListener& sockets, const std::string& node, std::uint64_t generation) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = generation;
  snapshot->timeouts = config.timeouts;
  snapshot->limits = config.limits;
  snapshot->node = node;
  snapshot->access_log = !config.log.access_log.empty();
  for (const auto& listener : config.listeners) {
    const ListenerId id = ids.listener(listener);
    const auto found = sockets.find(id);
    TANDEM_ASSERT(found != sockets.end());
    snapshot->listeners.push_back({id, listener, found->second});
  }
  for (const auto& group : config.target_groups) snapshot->groups.push_back(build_group(group, ids, board));
  return snapshot;
}

SnapshotPtr without_listeners(const Snapshot& snapshot, std::uint64_t generation) {
  auto result = std::make_shared<Snapshot>(snapshot);
  result->generation = generation;
  result->listeners.clear();
  return result;
}

}  // namespace tandem::lbd
