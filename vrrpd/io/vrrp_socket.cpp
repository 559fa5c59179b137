#include "vrrpd/io/vrrp_socket.hpp"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {
namespace {

constexpr int control_priority = 7;                 // TC_PRIO_CONTROL: first in the queue of the interface
constexpr int internet_control = 0xc0;              // IP precedence 6, as routing protocols use
constexpr std::size_t packets_per_call = 256;

in_addr to_in_addr(const IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof(out));
  return out;
}

template <class Value>
bool set_option(int fd, int level, int name, const Value& value) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

}  // namespace

Result<io::UniqueFd> open_send_socket() {
  io::UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, ip_protocol));
  if (!fd) return errno_error("open a raw socket for VRRP (CAP_NET_RAW is needed)", errno);
  const int off = 0;
  if (!set_option(fd.get(), IPPROTO_IP, IP_TTL, int{required_ttl}) ||
      !set_option(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, int{required_ttl}) ||
      !set_option(fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, off) ||
      !set_option(fd.get(), IPPROTO_IP, IP_MULTICAST_ALL, off) ||
      !set_option(fd.get(), IPPROTO_IP, IP_TOS, internet_control) ||
      !set_option(fd.get(), SOL_SOCKET, SO_PRIORITY, control_priority)) {
    return errno_error("set up the raw socket for VRRP", errno);
  }
  return fd;
}

int send_advert(int fd, int interface_index, const IpAddress& source, const IpAddress& destination,
                std::span<const std::uint8_t> message) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr = to_in_addr(destination);
  iovec data{const_cast<std::uint8_t*>(message.data()), message.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr header{};
  header.msg_name = &to;
  header.msg_namelen = sizeof(to);
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  // The kernel would choose the source by its routes, and could choose the floating address itself.
  cmsghdr* entry = CMSG_FIRSTHDR(&header);
  entry->cmsg_level = IPPROTO_IP;
  entry->cmsg_type = IP_PKTINFO;
  entry->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_ifindex = interface_index;
  info.ipi_spec_dst = to_in_addr(source);
  std::memcpy(CMSG_DATA(entry), &info, sizeof(info));
  return ::sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

Result<VrrpSocket> VrrpSocket::open(const std::string& interface, int interface_index) {
  auto fd = open_send_socket();
  if (!fd) return fd.error();
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                   static_cast<socklen_t>(interface.size())) != 0) {
    return errno_error("bind the VRRP socket to interface " + interface, errno);
  }
  ip_mreqn group{};
  group.imr_multiaddr = to_in_addr(multicast_group());
  group.imr_ifindex = interface_index;
  if (!set_option(fd->get(), IPPROTO_IP, IP_MULTICAST_IF, group) ||
      !set_option(fd->get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, group)) {
    return errno_error("join 224.0.0.18 on interface " + interface, errno);
  }
  return VrrpSocket(std::move(*fd), interface_index);
}

std::size_t VrrpSocket::receive(const std::function<void(std::span<const std::uint8_t>)>& on_packet) const {
  std::array<std::uint8_t, 2048> buffer;
  for (std::size_t count = 0; count < packets_per_call; ++count) {
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) return count;
    on_packet({buffer.data(), static_cast<std::size_t>(size)});
  }
  return packets_per_call;
}

}  // namespace tandem::vrrp
