// Who is at the other end of a Unix socket, and what that entitles to.
#pragma once

#include <sys/types.h>

#include <optional>

namespace tandem::io {

/// The process that connected, as it was at that moment (SO_PEERCRED).
struct PeerProcess {
  pid_t pid = 0;
  uid_t uid = 0;
};

/// nullopt if the socket `fd` has no such peer (TCP) or is not connected.
[[nodiscard]] std::optional<PeerProcess> peer_process(int fd);

/// Whoever can connect may look; changing is for root and for the daemon's own user `own`.
[[nodiscard]] bool may_change(const PeerProcess& peer, uid_t own);

}  // namespace tandem::io
