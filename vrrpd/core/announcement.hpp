// The messages that tell a LAN where an address lives now: gratuitous ARP and unsolicited Neighbor
// Advertisement, as bytes. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/inet.hpp"

namespace tandem::vrrp {

using MacAddress = std::array<std::uint8_t, 6>;

inline constexpr std::uint16_t arp_request = 1;
inline constexpr std::uint16_t arp_reply = 2;
using ArpMessage = std::array<std::uint8_t, 28>;
/// An IPv6 header, the Neighbor Advertisement, its link-layer address option.
using NeighborAdvertisement = std::array<std::uint8_t, 40 + 24 + 8>;

/// RFC 826 for IPv4 on Ethernet. RFC 9568 6.4 (errata 7947, 7949): sender and target are the address and
/// its new MAC.
ArpMessage gratuitous_arp(std::uint16_t operation, const MacAddress& mac, const IpAddress& address);

/// RFC 4861 section 4.4, from the IPv6 `address` itself to all nodes, hop limit 255, with R=1, S=0, O=1 and
/// the target's link-layer address (RFC 9568 6.4).
NeighborAdvertisement unsolicited_neighbor_advertisement(const MacAddress& mac, const IpAddress& address);

/// ff02::1, and the MAC address of that group.
IpAddress all_nodes();
MacAddress all_nodes_mac();

}  // namespace tandem::vrrp
