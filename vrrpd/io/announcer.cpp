#include "vrrpd/io/announcer.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "vrrpd/core/announcement.hpp"

namespace tandem::vrrp {
namespace {

constexpr MacAddress broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

int send_frame(int fd, int link, std::uint16_t ether_type, const MacAddress& destination,
               std::span<const std::uint8_t> payload) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ether_type);
  to.sll_ifindex = link;
  to.sll_halen = ETH_ALEN;
  std::copy(destination.begin(), destination.end(), to.sll_addr);
  const ssize_t sent = ::sendto(fd, payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  return sent < 0 ? errno : 0;
}

}  // namespace

Result<Announcer> Announcer::open() {
  // Protocol 0: it receives nothing.
  io::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("open a packet socket for announcements (CAP_NET_RAW is needed)", errno);
  return Announcer(std::move(fd));
}

int Announcer::announce(const Link& link, const IpAddress& address) const {
  if (!link.ethernet) return 0;
  if (address.is_v6()) {
    return send_frame(fd_.get(), link.index, ETHERTYPE_IPV6, all_nodes_mac(),
                      unsolicited_neighbor_advertisement(link.mac, address));
  }
  int failure = 0;
  for (const std::uint16_t operation : {arp_request, arp_reply}) {
    const int result = send_frame(fd_.get(), link.index, ETHERTYPE_ARP, broadcast,
                                  gratuitous_arp(operation, link.mac, address));
    if (result != 0) failure = result;
  }
  return failure;
}

}  // namespace tandem::vrrp
