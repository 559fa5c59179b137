#include "vrrpd/io/vrrp_socket.hpp"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {
namespace {

constexpr int control_priority = 7;                 // TC_PRIO_CONTROL: first in the queue of the interface
constexpr int internet_control = 0xc0;              // IP precedence 6, as routing protocols use
constexpr std::size_t packets_per_call = 32;
// The kernel doubles it, and takes 768 bytes and more for each packet: some 2,000 adverts, so that a flood that comes while
// this process stands still does not keep out the one that matters.
constexpr int receive_buffer = 1024 * 1024;
constexpr std::size_t longest_packet = 2048;

in_addr to_in_addr(const IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof(out));
  return out;
}

in6_addr to_in6_addr(const IpAddress& address) {
  in6_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof(out));
  return out;
}

IpAddress to_ip_address(const in6_addr& address) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes);
}

template <class Value>
bool set_option(int fd, int level, int name, const Value& value) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

struct Option {
  int name;
  int value;
};

bool set_options(int fd, int level, std::initializer_list<Option> options) {
  for (const Option& option : options) {
    if (!set_option(fd, level, option.name, option.value)) return false;
  }
  return true;
}

bool set_up(int fd, bool v6) {
  if (!set_option(fd, SOL_SOCKET, SO_PRIORITY, control_priority)) return false;
  if (!v6) {
    return set_options(fd, IPPROTO_IP,
                       {{IP_TTL, required_ttl}, {IP_MULTICAST_TTL, required_ttl}, {IP_MULTICAST_LOOP, 0},
                        {IP_MULTICAST_ALL, 0}, {IP_TOS, internet_control}});
  }
  return set_options(fd, IPPROTO_IPV6,
                     {{IPV6_UNICAST_HOPS, required_ttl}, {IPV6_MULTICAST_HOPS, required_ttl}, {IPV6_MULTICAST_LOOP, 0},
                      {IPV6_MULTICAST_ALL, 0}, {IPV6_TCLASS, internet_control}, {IPV6_RECVPKTINFO, 1},
                      {IPV6_RECVHOPLIMIT, 1}});
}

// Beyond net.core.rmem_max where CAP_NET_ADMIN permits it.
void enlarge_queue(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer)) set_option(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
}

bool join_group(int fd, int interface_index, bool v6) {
  if (!v6) {
    ip_mreqn group{};
    group.imr_multiaddr = to_in_addr(multicast_group(false));
    group.imr_ifindex = interface_index;
    return set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, group) && set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
  }
  ipv6_mreq group{};
  group.ipv6mr_multiaddr = to_in6_addr(multicast_group(true));
  group.ipv6mr_interface = static_cast<unsigned>(interface_index);
  return set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface_index) &&
         set_option(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, group);
}

template <class Value>
void put_control(msghdr& header, int level, int type, const Value& value) {
  cmsghdr* entry = CMSG_FIRSTHDR(&header);
  entry->cmsg_level = level;
  entry->cmsg_type = type;
  entry->cmsg_len = CMSG_LEN(sizeof(value));
  std::memcpy(CMSG_DATA(entry), &value, sizeof(value));
  header.msg_controllen = CMSG_SPACE(sizeof(value));
}

template <class Value>
Value control_value(const cmsghdr* entry) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(entry), sizeof(value));
  return value;
}

// An IPv6 raw socket delivers the message alone; the header's fields come beside it.
std::optional<Datagram> v6_datagram(msghdr& header, const sockaddr_in6& from, std::span<const std::uint8_t> message) {
  Datagram datagram{.source = to_ip_address(from.sin6_addr), .message = message};
  bool complete = false;
  for (cmsghdr* entry = CMSG_FIRSTHDR(&header); entry != nullptr; entry = CMSG_NXTHDR(&header, entry)) {
    if (entry->cmsg_level != IPPROTO_IPV6) continue;
    if (entry->cmsg_type == IPV6_HOPLIMIT) datagram.ttl = static_cast<std::uint8_t>(control_value<int>(entry));
    if (entry->cmsg_type == IPV6_PKTINFO) {
      datagram.destination = to_ip_address(control_value<in6_pktinfo>(entry).ipi6_addr);
      complete = true;
    }
  }
  return complete ? std::optional(datagram) : std::nullopt;
}

// The packets of one system call. An IPv4 raw socket delivers them with their headers.
class Inbox {
 public:
  explicit Inbox(bool v6) : v6_(v6) {
    for (std::size_t i = 0; i < packets_per_call; ++i) {
      data_[i] = {buffers_[i].data(), buffers_[i].size()};
      headers_[i].msg_hdr.msg_iov = &data_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// How many were there; not more than 0 if none.
  int fill(int fd) {
    for (std::size_t i = 0; v6_ && i < packets_per_call; ++i) {
      msghdr& header = headers_[i].msg_hdr;
      header.msg_name = &senders_[i];
      header.msg_namelen = sizeof(senders_[i]);
      header.msg_control = controls_[i].bytes.data();
      header.msg_controllen = controls_[i].bytes.size();
    }
    return ::recvmmsg(fd, headers_.data(), packets_per_call, MSG_DONTWAIT, nullptr);
  }

  std::optional<Datagram> datagram(std::size_t i) {
    const std::span<const std::uint8_t> bytes(buffers_[i].data(), headers_[i].msg_len);
    return v6_ ? v6_datagram(headers_[i].msg_hdr, senders_[i], bytes) : ipv4_datagram(bytes);
  }

 private:
  struct Control {
    alignas(cmsghdr) std::array<char, 256> bytes;
  };

  const bool v6_;
  std::array<std::array<std::uint8_t, longest_packet>, packets_per_call> buffers_;
  std::array<iovec, packets_per_call> data_{};
  std::array<mmsghdr, packets_per_call> headers_{};
  std::array<sockaddr_in6, packets_per_call> senders_{};
  std::array<Control, packets_per_call> controls_;
};

}  // namespace

Result<io::UniqueFd> open_send_socket(bool v6) {
  io::UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, ip_protocol));
  const char* family = v6 ? "IPv6" : "IPv4";
  if (!fd) return errno_error(fmt::format("open a raw {} socket for VRRP (CAP_NET_RAW is needed)", family), errno);
  if (!set_up(fd.get(), v6)) return errno_error(fmt::format("set up the raw {} socket for VRRP", family), errno);
  return fd;
}

int send_advert(int fd, int interface_index, const IpAddress& source, const IpAddress& destination,
                std::span<const std::uint8_t> message) {
  sockaddr_in to4{};
  sockaddr_in6 to6{};
  iovec data{const_cast<std::uint8_t*>(message.data()), message.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  // The kernel would choose the source by its routes, and could choose the floating address itself.
  if (source.is_v4()) {
    to4.sin_family = AF_INET;
    to4.sin_addr = to_in_addr(destination);
    header.msg_name = &to4;
    header.msg_namelen = sizeof(to4);
    in_pktinfo info{};
    info.ipi_ifindex = interface_index;
    info.ipi_spec_dst = to_in_addr(source);
    put_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    to6.sin6_family = AF_INET6;
    to6.sin6_addr = to_in6_addr(destination);
    to6.sin6_scope_id = static_cast<std::uint32_t>(interface_index);
    header.msg_name = &to6;
    header.msg_namelen = sizeof(to6);
    in6_pktinfo info{};
    info.ipi6_ifindex = static_cast<unsigned>(interface_index);
    info.ipi6_addr = to_in6_addr(source);
    put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  return ::sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

Result<VrrpSocket> VrrpSocket::open(const std::string& interface, int interface_index, bool v6) {
  auto fd = open_send_socket(v6);
  if (!fd) return fd.error();
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                   static_cast<socklen_t>(interface.size())) != 0) {
    return errno_error("bind the VRRP socket to interface " + interface, errno);
  }
  enlarge_queue(fd->get());
  if (!join_group(fd->get(), interface_index, v6)) {
    return errno_error("join " + multicast_group(v6).to_string() + " on interface " + interface, errno);
  }
  return VrrpSocket(std::move(*fd), interface_index, v6);
}

void VrrpSocket::receive(std::size_t at_most,
                         const std::function<void(const std::optional<Datagram>&)>& on_packet) const {
  Inbox inbox(v6_);
  for (std::size_t count = 0; count < at_most; count += packets_per_call) {
    const int received = inbox.fill(fd_.get());
    for (int i = 0; i < received; ++i) on_packet(inbox.datagram(static_cast<std::size_t>(i)));
    if (received < static_cast<int>(packets_per_call)) break;
  }
}

}  // namespace tandem::vrrp
