// What the workers run by: one immutable snapshot of the configuration, made by the control thread.
//
// Ownership: shared_ptr<const Snapshot>; each worker holds one and replaces it when told to. What
// changes between reloads (health, admin state, weight, cookie keys) travels in messages
// (lbd/runtime/messages.hpp), starting from the values given here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "lbd/runtime/ids.hpp"

namespace tandem::lbd {

/// Whether new traffic may go to a backend. `weight` is the one in force (0: no new traffic).
struct Availability {
  enum class Health : std::uint8_t { unknown, up, down };
  Health health = Health::unknown;
  bool draining = false;  // sticky clients and open connections only
  std::uint32_t weight = 1;

  /// New, unbound clients.
  [[nodiscard]] bool takes_new() const { return health == Health::up && !draining && weight > 0; }
  /// Clients that are bound to it by stickiness.
  [[nodiscard]] bool takes_bound() const { return health == Health::up; }
  bool operator==(const Availability&) const = default;
};

struct SnapshotBackend {
  BackendId id{};
  std::uint64_t identity = 0;  // stable hash of group and backend name: what cookies and tables hold
  config::BackendConfig config;
  Availability availability;   // at the moment the snapshot was made
};

struct SnapshotGroup {
  GroupId id{};
  config::TargetGroupConfig config;
  std::vector<SnapshotBackend> backends;
};

struct SnapshotListener {
  ListenerId id{};
  config::ListenerConfig config;
  /// One listening socket per worker (SO_REUSEPORT, non-blocking, close-on-exec), bound and listening;
  /// opened by the control thread before privileges are dropped, kept over reloads, so that no
  /// connection in an accept queue is ever lost. sockets[w] is owned by the control thread.
  std::vector<int> sockets;
};

struct Snapshot {
  std::uint64_t generation = 1;
  std::vector<SnapshotListener> listeners;
  std::vector<SnapshotGroup> groups;
  config::TimeoutsConfig timeouts;
  config::LimitsConfig limits;
  std::string node;          // for Via and logs
  bool access_log = false;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace tandem::lbd
