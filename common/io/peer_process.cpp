#include "common/io/peer_process.hpp"

#include <sys/socket.h>

namespace tandem::io {

std::optional<PeerProcess> peer_process(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  // Without a peer the kernel says pid 0 and uid -1.
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid == static_cast<uid_t>(-1)) {
    return std::nullopt;
  }
  return PeerProcess{.pid = peer.pid, .uid = peer.uid};
}

bool may_change(const PeerProcess& peer, uid_t own) { return peer.uid == 0 || peer.uid == own; }

}  // namespace tandem::io
