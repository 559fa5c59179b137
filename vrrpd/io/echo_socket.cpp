#include "vrrpd/io/echo_socket.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t echo_bytes = 8;
constexpr int packets_per_call = 64;  // the rest waits for the next call: others want to run, too
constexpr int icmp_filter = 1;        // ICMP_FILTER of <linux/icmp.h>, which does not go with <netinet/ip_icmp.h>

void pass_replies_only(int fd, bool v6) {
  if (v6) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
  } else {
    const std::uint32_t blocked = ~(1U << ICMP_ECHOREPLY);
    ::setsockopt(fd, SOL_RAW, icmp_filter, &blocked, sizeof(blocked));
  }
}

std::array<std::uint8_t, echo_bytes> echo_request(bool v6, std::uint16_t id, std::uint16_t sequence) {
  std::array<std::uint8_t, echo_bytes> out{};
  out[0] = v6 ? std::uint8_t{ICMP6_ECHO_REQUEST} : std::uint8_t{ICMP_ECHO};
  out[4] = static_cast<std::uint8_t>(id >> 8);
  out[5] = static_cast<std::uint8_t>(id & 0xff);
  out[6] = static_cast<std::uint8_t>(sequence >> 8);
  out[7] = static_cast<std::uint8_t>(sequence & 0xff);
  if (!v6) {  // of IPv6 the kernel writes it
    const std::uint16_t sum = checksum_finish(checksum_add(out));
    out[2] = static_cast<std::uint8_t>(sum >> 8);
    out[3] = static_cast<std::uint8_t>(sum & 0xff);
  }
  return out;
}

socklen_t to_sockaddr(const IpAddress& address, sockaddr_storage& out) {
  if (address.is_v6()) {
    auto& to = reinterpret_cast<sockaddr_in6&>(out);
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, address.bytes().data(), sizeof(to.sin6_addr));
    return sizeof(to);
  }
  auto& to = reinterpret_cast<sockaddr_in&>(out);
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, address.bytes().data(), sizeof(to.sin_addr));
  return sizeof(to);
}

bool is_from(const sockaddr_storage& from, const IpAddress& host) {
  if (host.is_v6()) {
    return std::memcmp(&reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, host.bytes().data(), 16) == 0;
  }
  return std::memcmp(&reinterpret_cast<const sockaddr_in&>(from).sin_addr, host.bytes().data(), 4) == 0;
}

// A raw IPv4 socket delivers the IP header, too.
std::span<const std::uint8_t> without_ip_header(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return {};
  const std::size_t header = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
  return packet.size() < header ? std::span<const std::uint8_t>{} : packet.subspan(header);
}

std::uint16_t next_id() {
  static std::uint16_t count = 0;
  return static_cast<std::uint16_t>(::getpid() + count++);
}

}  // namespace

EchoSocket::EchoSocket(io::UniqueFd fd, const IpAddress& host) : fd_(std::move(fd)), host_(host), id_(next_id()) {}

Result<EchoSocket> EchoSocket::open(const IpAddress& host) {
  const bool v6 = host.is_v6();
  io::UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP}));
  if (!fd) return errno_error("open a raw socket to ping " + host.to_string() + " (CAP_NET_RAW is needed)", errno);
  pass_replies_only(fd.get(), v6);
  return EchoSocket(std::move(fd), host);
}

void EchoSocket::send(std::uint16_t sequence) const {
  sockaddr_storage to{};
  const socklen_t size = to_sockaddr(host_, to);
  const auto request = echo_request(host_.is_v6(), id_, sequence);
  [[maybe_unused]] const ssize_t sent = ::sendto(fd_.get(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                                 reinterpret_cast<sockaddr*>(&to), size);
}

std::optional<std::uint16_t> EchoSocket::receive() const {
  std::array<std::uint8_t, 512> buffer;
  for (int count = 0; count < packets_per_call; ++count) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof(from);
    const ssize_t size = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) return std::nullopt;
    std::span<const std::uint8_t> packet(buffer.data(), static_cast<std::size_t>(size));
    if (!host_.is_v6()) packet = without_ip_header(packet);
    if (packet.size() < echo_bytes || !is_from(from, host_)) continue;
    if ((packet[4] << 8 | packet[5]) != id_) continue;
    return static_cast<std::uint16_t>(packet[6] << 8 | packet[7]);
  }
  return std::nullopt;
}

}  // namespace tandem::vrrp
