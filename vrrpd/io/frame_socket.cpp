#include "vrrpd/io/frame_socket.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/assert.hpp"

namespace tandem::vrrp {
namespace {

constexpr int control_priority = 7;  // TC_PRIO_CONTROL: first in the queue of the interface

sockaddr_ll destination_of(const FrameSocket::Frame& frame) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = frame.link;
  to.sll_halen = ETH_ALEN;
  std::memcpy(to.sll_addr, frame.bytes.data(), ETH_ALEN);
  std::memcpy(&to.sll_protocol, frame.bytes.data() + 2 * ETH_ALEN, sizeof(to.sll_protocol));
  return to;
}

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

void FrameSocket::send(std::span<Frame> frames) const {
  TANDEM_ASSERT(frames.size() <= most_frames);
  std::array<sockaddr_ll, most_frames> to;
  std::array<iovec, most_frames> data;
  std::array<mmsghdr, most_frames> messages;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto bytes = frames[i].bytes;
    to[i] = destination_of(frames[i]);
    data[i] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    messages[i] = {};
    messages[i].msg_hdr.msg_name = &to[i];
    messages[i].msg_hdr.msg_namelen = sizeof(to[i]);
    messages[i].msg_hdr.msg_iov = &data[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  // The call ends early at a frame that fails, and says why only if that is its first.
  for (std::size_t done = 0; done < frames.size();) {
    const auto left = static_cast<unsigned>(frames.size() - done);
    const int sent = ::sendmmsg(fd_.get(), &messages[done], left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) {
      frames[done++].failure = errno;
      continue;
    }
    for (int i = 0; i < sent; ++i) frames[done++].failure = 0;
  }
}

}  // namespace tandem::vrrp
