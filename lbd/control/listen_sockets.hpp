// The listening sockets of lbd: opened by the control thread, one per worker and listener, kept over reloads.
//
// All sockets of a listener share its address with SO_REUSEPORT: the kernel spreads connections over the workers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "common/io/unique_fd.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/control/snapshot_builder.hpp"

namespace tandem::lbd {

/// Owns the descriptors; the workers only borrow them (SnapshotListener::sockets). Control thread only.
class ListenSockets {
 public:
  /// `workers`: sockets per listener, at least 1.
  explicit ListenSockets(std::uint32_t workers) : workers_(workers) {}

  /// Opens the sockets of those listeners that have none yet. All or nothing: after an error (which names listener,
  /// address, port and who holds it) everything is as before.
  ///
  /// "*" listens on both families (IPv4 only where the host has no IPv6). Addresses need not be here yet: a floating
  /// address may be on the other node (IP_FREEBIND).
  [[nodiscard]] Result<> open(const std::vector<config::ListenerConfig>& listeners, IdRegistry& ids);

  /// Closes the sockets of all other listeners. The workers must have let go of them.
  void close_all_but(const std::set<ListenerId>& kept);

  /// What is open now.
  [[nodiscard]] SocketsByListener sockets() const;
  /// The local port of a listener's sockets (differs from the configured one only if that is 0); 0 if it has none.
  [[nodiscard]] std::uint16_t port(ListenerId listener) const;

 private:
  using Descriptors = std::vector<io::UniqueFd>;

  std::uint32_t workers_;
  std::map<ListenerId, Descriptors> open_;
};

}  // namespace tandem::lbd
