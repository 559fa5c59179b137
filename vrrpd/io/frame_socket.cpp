#include "vrrpd/io/frame_socket.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tandem::vrrp {
namespace {

constexpr int control_priority = 7;  // TC_PRIO_CONTROL: first in the queue of the interface

}  // namespace

Result<FrameSocket> FrameSocket::open() {
  // Protocol 0: it receives nothing.
  io::UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("open a packet socket for adverts (CAP_NET_RAW is needed)", errno);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_PRIORITY, &control_priority, sizeof(control_priority)) != 0) {
    return errno_error("set up the packet socket for adverts", errno);
  }
  return FrameSocket(std::move(fd));
}

int FrameSocket::send(int link, std::span<const std::uint8_t> frame) const {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = link;
  to.sll_halen = ETH_ALEN;
  std::memcpy(to.sll_addr, frame.data(), ETH_ALEN);
  std::memcpy(&to.sll_protocol, frame.data() + 2 * ETH_ALEN, sizeof(to.sll_protocol));
  const ssize_t sent = ::sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  return sent < 0 ? errno : 0;
}

}  // namespace tandem::vrrp
