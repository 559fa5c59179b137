#include "vrrpd/core/announcement.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::uint8_t protocol_icmpv6 = 58;
constexpr std::uint8_t type_neighbor_advertisement = 136;
constexpr std::uint8_t flags_router_and_override = 0xa0;
constexpr std::uint8_t option_target_link_layer_address = 2;
constexpr std::size_t ipv6_header_bytes = 40;
constexpr std::size_t advertisement_bytes = sizeof(NeighborAdvertisement) - ipv6_header_bytes;

template <class Out, class Bytes>
void put(Out& out, std::size_t offset, const Bytes& bytes) {
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

ArpMessage gratuitous_arp(std::uint16_t operation, const MacAddress& mac, const IpAddress& address) {
  // Ethernet, IPv4, the lengths of their addresses.
  ArpMessage out = {0, 1, 0x08, 0x00, 6, 4, static_cast<std::uint8_t>(operation >> 8),
                    static_cast<std::uint8_t>(operation & 0xff)};
  for (const std::size_t at : {8U, 18U}) {
    put(out, at, mac);
    put(out, at + mac.size(), address.bytes());
  }
  return out;
}

NeighborAdvertisement unsolicited_neighbor_advertisement(const MacAddress& mac, const IpAddress& address) {
  NeighborAdvertisement out{};
  out[0] = 0x60;
  out[5] = advertisement_bytes;
  out[6] = protocol_icmpv6;
  out[7] = 255;
  put(out, 8, address.bytes());
  put(out, 24, all_nodes().bytes());
  out[40] = type_neighbor_advertisement;
  out[44] = flags_router_and_override;
  put(out, 48, address.bytes());
  out[64] = option_target_link_layer_address;
  out[65] = 1;  // of 8 bytes
  put(out, 66, mac);
  const std::span<const std::uint8_t> message(out.data() + ipv6_header_bytes, advertisement_bytes);
  const std::uint16_t checksum = checksum_finish(checksum_add(
      message, pseudo_header_sum(address, all_nodes(), advertisement_bytes, protocol_icmpv6)));
  out[42] = static_cast<std::uint8_t>(checksum >> 8);
  out[43] = static_cast<std::uint8_t>(checksum & 0xff);
  return out;
}

IpAddress all_nodes() { return IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}); }

MacAddress all_nodes_mac() { return {0x33, 0x33, 0, 0, 0, 1}; }

}  // namespace tandem::vrrp
