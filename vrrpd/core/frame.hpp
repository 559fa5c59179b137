// A multicast advert as a whole Ethernet frame, for one that leaves with another source MAC address than the
// interface's: the virtual router's (RFC 9568 sections 5.1.1, 5.1.2, 7.2 and 7.3). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "vrrpd/core/announcement.hpp"
#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {

inline constexpr std::size_t ethernet_header_bytes = 14;
inline constexpr std::size_t max_frame_bytes = ethernet_header_bytes + 40 + max_advert_bytes;

/// The MAC address of a multicast group (RFC 1112 6.4, RFC 2464 7).
MacAddress multicast_mac(const IpAddress& group);

/// Ethernet and IP header (TTL or hop limit 255, internetwork control) in front of `message`, of at most
/// max_advert_bytes. `destination` is a multicast group of the family of `source`. Returns the frame's length.
std::size_t advert_frame(const MacAddress& from, const IpAddress& source, const IpAddress& destination,
                         std::span<const std::uint8_t> message, std::array<std::uint8_t, max_frame_bytes>& out);

}  // namespace tandem::vrrp
