// The probes of IPv6: who has an address, and does it answer?
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "common/io/unique_fd.hpp"
#include "lbctl/doctor/probe.hpp"

namespace tandem::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::milliseconds(350);
constexpr std::size_t mac_bytes = 6;

// True as soon as the socket can be read, false after `deadline`.
bool wait_readable(int fd, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd readable{fd, POLLIN, 0};
  return left > 0 && ::poll(&readable, 1, static_cast<int>(left)) > 0;
}

struct LinkAddressOption {
  std::uint8_t type;
  std::uint8_t length;  // of 8 bytes
  std::uint8_t mac[mac_bytes];
};

struct Solicitation {
  nd_neighbor_solicit head;
  LinkAddressOption source;
};

// Only Neighbor Advertisements come in, only of this interface; what goes out has the hop limit that RFC 4861 asks for.
bool set_up(int fd, const std::string& interface, unsigned index) {
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
  const int hops = 255;
  const int link = static_cast<int>(index);
  return ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) == 0 &&
         ::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) == 0 &&
         ::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &link, sizeof link) == 0 &&
         ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), static_cast<socklen_t>(interface.size())) == 0;
}

void solicit(int fd, unsigned index, const std::uint8_t* mac, const IpAddress& address) {
  Solicitation message{};
  message.head.nd_ns_type = ND_NEIGHBOR_SOLICIT;
  std::memcpy(&message.head.nd_ns_target, address.bytes().data(), sizeof message.head.nd_ns_target);
  message.source.type = ND_OPT_SOURCE_LINKADDR;
  message.source.length = 1;
  std::memcpy(message.source.mac, mac, mac_bytes);
  // The solicited-node group: ff02::1:ff00:0/104 and the last three bytes of the address.
  constexpr std::array<std::uint8_t, 13> group = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_scope_id = index;
  std::memcpy(to.sin6_addr.s6_addr, group.data(), group.size());
  std::memcpy(to.sin6_addr.s6_addr + group.size(), address.bytes().data() + group.size(), 3);
  ::sendto(fd, &message, sizeof message, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

// Who says so, by the option with its link-layer address.
void take(const std::uint8_t* data, std::size_t size, std::map<IpAddress, std::set<std::string>>& macs) {
  nd_neighbor_advert head{};
  if (size < sizeof head) return;
  std::memcpy(&head, data, sizeof head);
  std::array<std::uint8_t, 16> target{};
  std::memcpy(target.data(), &head.nd_na_target, target.size());
  for (std::size_t at = sizeof head; at + sizeof(LinkAddressOption) <= size;) {
    LinkAddressOption option{};
    std::memcpy(&option, data + at, sizeof option);
    if (option.length == 0) return;
    if (option.type == ND_OPT_TARGET_LINKADDR) {
      const std::uint8_t* mac = option.mac;
      macs[IpAddress::v6(target)].insert(
          fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]));
    }
    at += std::size_t{8} * option.length;
  }
}

}  // namespace

NeighbourAnswers probe_neighbours(const std::string& interface, const std::vector<IpAddress>& addresses) {
  NeighbourAnswers answers;
  const unsigned index = ::if_nametoindex(interface.c_str());
  const io::UniqueFd fd(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  if (index == 0 || !fd || !set_up(fd.get(), interface, index)) return answers;
  if (::ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0) return answers;
  answers.asked = true;
  // Twice, because one may be lost.
  for (int round = 0; round < 2; ++round) {
    for (const IpAddress& address : addresses) {
      if (address.is_v6()) solicit(fd.get(), index, reinterpret_cast<const std::uint8_t*>(request.ifr_hwaddr.sa_data), address);
    }
    const auto deadline = Clock::now() + patience;
    while (wait_readable(fd.get(), deadline)) {
      std::array<std::uint8_t, 1500> packet{};
      const ssize_t size = ::recv(fd.get(), packet.data(), packet.size(), 0);
      if (size > 0) take(packet.data(), static_cast<std::size_t>(size), answers.macs);
    }
  }
  return answers;
}

Answer probe_ping_v6(const IpAddress& target) {
  const io::UniqueFd fd(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  if (!fd || !target.is_v6()) return Answer::not_asked;
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  ::setsockopt(fd.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  icmp6_hdr echo{};
  echo.icmp6_type = ICMP6_ECHO_REQUEST;
  echo.icmp6_id = htons(static_cast<std::uint16_t>(::getpid()));
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  std::memcpy(&to.sin6_addr, target.bytes().data(), sizeof to.sin6_addr);
  if (::sendto(fd.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) return Answer::no;
  const auto deadline = Clock::now() + 2 * patience;
  while (wait_readable(fd.get(), deadline)) {
    icmp6_hdr reply{};
    if (::recv(fd.get(), &reply, sizeof reply, 0) < static_cast<ssize_t>(sizeof reply)) continue;
    if (reply.icmp6_id == echo.icmp6_id) return Answer::yes;
  }
  return Answer::no;
}

}  // namespace tandem::ctl
