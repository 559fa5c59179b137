// From configuration, ids and run-time state to the snapshot that the workers run by.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "lbd/control/backend_board.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

/// Listening sockets by listener, one per worker (lbd/control/listen_sockets.hpp).
using SocketsByListener = std::map<ListenerId, std::vector<int>>;

/// Pure. `board` has been configured with the same `config`; `sockets` holds every listener of it.
[[nodiscard]] SnapshotPtr build_snapshot(const config::Config& config, IdRegistry& ids, const BackendBoard& board,
                                         const SocketsByListener& sockets, const std::string& node,
                                         std::uint64_t generation);

/// `snapshot` without its listeners: what a leaving lbd runs by.
[[nodiscard]] SnapshotPtr without_listeners(const Snapshot& snapshot, std::uint64_t generation);

}  // namespace tandem::lbd
