// One backend as a worker sees it: where it is, whether it takes traffic, and its connections.
#pragma once

#include <cstdint>

#include "common/base/time.hpp"
#include "lbd/engine/frame_pool.hpp"
#include "lbd/engine/intrusive_list.hpp"
#include "lbd/engine/socket.hpp"
#include "lbd/proxy/ref.hpp"
#include "lbd/runtime/counters.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

class Backend;
struct BackendTag;
struct IdleConnectionTag;

/// A connection to a backend: in use by one exchange, or idle in the backend's pool.
class BackendConnection final : public Pooled, private Wakeable, public TaggedHook<IdleConnectionTag> {
 public:
  /// Counts as open at `backend` while it lives.
  BackendConnection(Loop& loop, Backend& backend) noexcept;
  ~BackendConnection();

  [[nodiscard]] Backend& backend() noexcept { return *backend_; }
  Socket socket;
  /// It has carried an exchange before: the backend may close it at any moment.
  bool reused = false;

 private:
  friend class Backend;
  void wake() override;  // while idle: closed by the backend, or it sent bytes nobody asked for

  Ref<Backend> backend_;
  TimePoint idle_since_;
};

class Backend final : public RefCounted, public TaggedHook<BackendTag> {
 public:
  /// Most idle connections kept per backend and worker.
  static constexpr std::uint32_t max_idle = 1024;

  Backend(SnapshotBackend snapshot, BackendCounters& counters, std::uint32_t workers);

  /// New configuration or availability under the same id.
  void update(SnapshotBackend snapshot, std::uint32_t workers);
  void set_availability(const Availability& availability);
  /// Out of the configuration: idle connections go now, others after their exchange. Must be called
  /// before the last reference goes, because idle connections hold one.
  void retire();

  [[nodiscard]] const SnapshotBackend& snapshot() const noexcept { return snapshot_; }
  [[nodiscard]] const Endpoint& address() const noexcept { return snapshot_.config.address; }
  [[nodiscard]] const Availability& availability() const noexcept { return snapshot_.availability; }
  [[nodiscard]] BackendCounters& counters() noexcept { return counters_; }

  /// Requests or TCP connections of this worker in flight here; kept by Group.
  std::uint32_t active = 0;
  /// Place in its group; Balancer::none once it is no longer part of it.
  std::uint32_t index = UINT32_MAX;

  /// The idle connection that was used last, or nullptr. Owned by the caller from now on.
  [[nodiscard]] BackendConnection* take_idle() noexcept;
  [[nodiscard]] bool has_idle() const noexcept { return idle_count_ > 0; }
  /// False: this worker's share of max_connections is in use.
  [[nodiscard]] bool may_connect() const noexcept { return share_ == 0 || open_ < share_; }
  /// Takes over a connection whose exchange is complete; closes it if it cannot be kept. False: it
  /// was closed because the backend sent more than it had announced.
  bool keep(BackendConnection* connection, TimePoint now) noexcept;
  /// True at most once a second: time to tell the control thread that traffic failed here.
  [[nodiscard]] bool should_report_failure(TimePoint now) noexcept;
  /// Closes connections that have been idle since before `oldest`.
  void close_idle_since(TimePoint oldest) noexcept;
  /// Closes idle connections, the oldest first; returns how many were.
  std::uint32_t close_idle(std::uint32_t at_most) noexcept;

 private:
  friend class BackendConnection;
  void drop(BackendConnection& connection) noexcept;

  SnapshotBackend snapshot_;
  BackendCounters& counters_;
  std::uint32_t share_ = 0;  // of max_connections; 0: no limit
  std::uint32_t open_ = 0;
  std::uint32_t idle_count_ = 0;
  bool retired_ = false;
  TimePoint next_report_;
  IntrusiveList<BackendConnection, IdleConnectionTag> idle_;  // front: used last
};

}  // namespace tandem::lbd
