#include "vrrpd/io/arp.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tandem::vrrp {
namespace {

constexpr MacAddress broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

// RFC 826 for IPv4 on Ethernet. RFC 9568 (errata 7947, 7949): sender and target are the address and its
// new MAC.
std::array<std::uint8_t, 28> arp_message(std::uint16_t operation, const MacAddress& mac, const IpAddress& address) {
  std::array<std::uint8_t, 28> out = {0, ARPHRD_ETHER, ETHERTYPE_IP >> 8, ETHERTYPE_IP & 0xff, 6, 4,
                                      0, static_cast<std::uint8_t>(operation)};
  const auto ip = address.bytes();
  for (const std::ptrdiff_t at : {8, 18}) {
    std::copy(mac.begin(), mac.end(), out.begin() + at);
    std::copy(ip.begin(), ip.end(), out.begin() + at + 6);
  }
  return out;
}

}  // namespace

Result<ArpAnnouncer> ArpAnnouncer::open() {
  // Protocol 0: it receives nothing.
  io::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("open a packet socket for ARP (CAP_NET_RAW is needed)", errno);
  return ArpAnnouncer(std::move(fd));
}

int ArpAnnouncer::announce(const Link& link, const IpAddress& address) const {
  if (!link.ethernet) return 0;
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETHERTYPE_ARP);
  to.sll_ifindex = link.index;
  to.sll_halen = ETH_ALEN;
  std::copy(broadcast.begin(), broadcast.end(), to.sll_addr);
  int failure = 0;
  for (const std::uint16_t operation : {std::uint16_t{ARPOP_REQUEST}, std::uint16_t{ARPOP_REPLY}}) {
    const auto message = arp_message(operation, link.mac, address);
    if (::sendto(fd_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0) {
      failure = errno;
    }
  }
  return failure;
}

}  // namespace tandem::vrrp
