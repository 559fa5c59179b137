#include "lbctl/doctor/probe.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "common/io/unique_fd.hpp"

namespace tandem::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using Mac = std::array<std::uint8_t, ETH_ALEN>;

constexpr auto patience = std::chrono::milliseconds(700);

// True as soon as the socket can be read, false after `deadline`.
bool wait_readable(int fd, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd readable{fd, POLLIN, 0};
  return left > 0 && ::poll(&readable, 1, static_cast<int>(left)) > 0;
}

in_addr to_in_addr(const IpAddress& address) {
  in_addr result{};
  std::memcpy(&result, address.bytes().data(), sizeof result);
  return result;
}

std::string mac_text(const std::uint8_t* mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

std::optional<Mac> own_mac(int fd, const std::string& interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER) return std::nullopt;
  Mac mac{};
  std::memcpy(mac.data(), request.ifr_hwaddr.sa_data, mac.size());
  return mac;
}

sockaddr_ll broadcast_on(unsigned index) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ARP);
  to.sll_ifindex = static_cast<int>(index);
  to.sll_halen = ETH_ALEN;
  std::memset(to.sll_addr, 0xff, ETH_ALEN);
  return to;
}

void send_arp_probe(int fd, const sockaddr_ll& to, const Mac& mac, const IpAddress& address) {
  ether_arp probe{};
  probe.arp_hrd = htons(ARPHRD_ETHER);
  probe.arp_pro = htons(ETH_P_IP);
  probe.arp_hln = ETH_ALEN;
  probe.arp_pln = 4;
  probe.arp_op = htons(ARPOP_REQUEST);
  std::memcpy(probe.arp_sha, mac.data(), mac.size());
  std::memcpy(probe.arp_tpa, address.bytes().data(), 4);  // the sender's address stays 0.0.0.0: RFC 5227 section 2.1.1
  ::sendto(fd, &probe, sizeof probe, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

std::uint16_t internet_checksum(const std::uint8_t* data, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2) sum += static_cast<std::uint32_t>(data[i] << 8 | data[i + 1]);
  if (size % 2 != 0) sum += static_cast<std::uint32_t>(data[size - 1] << 8);
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

}  // namespace

NeighbourAnswers probe_arp(const std::string& interface, const std::vector<IpAddress>& addresses) {
  NeighbourAnswers answers;
  const unsigned index = ::if_nametoindex(interface.c_str());
  // Protocol 0 until it is bound: it shall not hear the other interfaces before.
  const io::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (index == 0 || !fd) return answers;
  const sockaddr_ll to = broadcast_on(index);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return answers;
  const auto mac = own_mac(fd.get(), interface);
  if (!mac) return answers;
  answers.asked = true;
  // Twice, because one may be lost.
  for (int round = 0; round < 2; ++round) {
    for (const IpAddress& address : addresses) {
      if (address.is_v4()) send_arp_probe(fd.get(), to, *mac, address);
    }
    const auto deadline = Clock::now() + patience / 2;
    while (wait_readable(fd.get(), deadline)) {
      ether_arp reply{};
      if (::recv(fd.get(), &reply, sizeof reply, 0) < static_cast<ssize_t>(sizeof reply)) continue;
      if (reply.arp_op != htons(ARPOP_REPLY) || std::memcmp(reply.arp_sha, mac->data(), mac->size()) == 0) continue;
      const IpAddress sender = IpAddress::v4({reply.arp_spa[0], reply.arp_spa[1], reply.arp_spa[2], reply.arp_spa[3]});
      answers.macs[sender].insert(mac_text(reply.arp_sha));
    }
  }
  return answers;
}

Answer probe_ping(const IpAddress& target, int bytes) {
  constexpr int ip_header = 20;
  if (!target.is_v4() || bytes < ip_header + static_cast<int>(sizeof(icmphdr))) return Answer::not_asked;
  const io::UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
  if (!fd) return Answer::not_asked;
  const int whole = IP_PMTUDISC_PROBE;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof whole);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr = to_in_addr(target);
  std::vector<std::uint8_t> echo(static_cast<std::size_t>(bytes - ip_header), 0x5a);
  icmphdr head{};
  head.type = ICMP_ECHO;
  head.un.echo.id = htons(static_cast<std::uint16_t>(::getpid()));
  head.un.echo.sequence = htons(static_cast<std::uint16_t>(bytes));
  std::memcpy(echo.data(), &head, sizeof head);
  head.checksum = internet_checksum(echo.data(), echo.size());
  std::memcpy(echo.data(), &head, sizeof head);
  if (::sendto(fd.get(), echo.data(), echo.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) return Answer::no;
  const auto deadline = Clock::now() + patience;
  std::vector<std::uint8_t> packet(65536);
  while (wait_readable(fd.get(), deadline)) {
    const ssize_t size = ::recv(fd.get(), packet.data(), packet.size(), 0);
    if (size < ip_header) continue;
    const std::size_t offset = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
    if (static_cast<std::size_t>(size) < offset + sizeof(icmphdr)) continue;
    icmphdr reply{};
    std::memcpy(&reply, packet.data() + offset, sizeof reply);
    const bool ours = reply.type == ICMP_ECHOREPLY && reply.un.echo.id == head.un.echo.id &&
                      reply.un.echo.sequence == head.un.echo.sequence;
    if (ours) return Answer::yes;
  }
  return Answer::no;
}

std::string probe_tcp(const Endpoint& target) {
  const int family = target.address.is_v4() ? AF_INET : AF_INET6;
  const io::UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return "no socket";
  sockaddr_storage to{};
  socklen_t size = 0;
  if (family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(target.port);
    v4.sin_addr = to_in_addr(target.address);
    size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(target.port);
    std::memcpy(&v6.sin6_addr, target.address.bytes().data(), sizeof v6.sin6_addr);
    size = sizeof v6;
  }
  int error = 0;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0) error = errno;
  if (error == EINPROGRESS) {
    pollfd writable{fd.get(), POLLOUT, 0};
    if (::poll(&writable, 1, static_cast<int>(patience.count())) <= 0) return "timed out";
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) return "connected";
  return error == ECONNREFUSED ? "refused" : std::strerror(error);
}

}  // namespace tandem::ctl
