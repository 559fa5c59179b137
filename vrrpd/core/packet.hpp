// The VRRPv3 advertisement on IPv4 (RFC 9568 sections 5 and 7.1): bytes to value and back.
//
// Pure, allocates nothing, and safe on any bytes. What is refused is refused for a named cause,
// so that each can be counted and shown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"

namespace tandem::vrrp {

inline constexpr std::uint8_t ip_protocol = 112;
inline constexpr std::uint8_t required_ttl = 255;
inline constexpr std::size_t header_bytes = 8;
inline constexpr std::size_t max_addresses = 64;  // per virtual router; more are refused at start
inline constexpr std::size_t max_advert_bytes = header_bytes + 4 * max_addresses;

/// 224.0.0.18.
IpAddress multicast_group();

/// What the checksum covers. RFC 9568 (section 1.2, change 4): the VRRP message alone. RFC 5798
/// was read by many as "with the pseudo-header", also on IPv4. Both are accepted.
enum class ChecksumForm : std::uint8_t { rfc9568, rfc5798 };

/// Why a received packet was dropped. The names are in the metrics and the control interface.
enum class Drop : std::uint8_t {
  none,
  ip_header,    // not a whole IPv4 header, or not protocol 112
  ttl,          // TTL is not 255: it came through a router (7.1)
  truncated,    // shorter than its own header and address count say (7.1)
  version,      // not VRRP version 3 (7.1)
  type,         // not an ADVERTISEMENT (7.1)
  checksum,     // neither form fits (7.1)
  no_address,   // an address count of 0
  interval,     // Max Advertise Interval of 0
  vrid,         // VRID not configured on this interface (7.1)
  destination,  // multicast to a unicast virtual router, or the reverse
  not_peer,     // unicast from somebody else than the peer node
  own,          // our own packet, or somebody uses our address
};
inline constexpr std::size_t drop_causes = static_cast<std::size_t>(Drop::own) + 1;

/// "ttl", "checksum", …
std::string_view to_string(Drop drop);

/// A received advertisement. `addresses` points into the packet: 4 bytes each, network order.
struct Advert {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  std::uint16_t interval_cs = 0;  // 1..4095 centiseconds
  ChecksumForm form = ChecksumForm::rfc9568;
  std::span<const std::uint8_t> addresses;
};

struct Decoded {
  Drop drop = Drop::none;
  std::uint8_t vrid = 0;  // also of a dropped packet, if it was long enough to have one; else 0
  Advert advert;          // meaningful only if drop is none
};

/// Checks and decodes a packet as a raw socket delivers it, IPv4 header included. Yields the causes
/// ip_header .. interval; the others need to know the configuration (see classify()).
Decoded decode(std::span<const std::uint8_t> packet);

/// What a virtual router expects of the packets for its VRID.
struct Expectation {
  IpAddress own_address{};
  bool unicast = false;
  IpAddress peer_address{};  // unicast only
};

/// The checks of section 7.1 and ours that depend on the configuration: destination, not_peer, own.
Drop classify(const Advert& advert, const Expectation& expected);

/// True if the advertised addresses are exactly `configured`, in any order (7.1: a difference is
/// only reported).
bool same_addresses(const Advert& advert, std::span<const Prefix> configured);

struct Outgoing {
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  Duration interval{};  // rounded to centiseconds, kept within 1..4095
  IpAddress source{};
  IpAddress destination{};
  ChecksumForm form = ChecksumForm::rfc9568;
};

/// Writes the VRRP message (no IP header) into `out` and returns its length. `addresses`: 1 to
/// max_addresses IPv4 ones.
std::size_t encode(const Outgoing& advert, std::span<const Prefix> addresses,
                   std::array<std::uint8_t, max_advert_bytes>& out);

/// The interval as it stands on the wire and back.
std::uint16_t to_centiseconds(Duration interval);
Duration from_centiseconds(std::uint16_t interval_cs);

}  // namespace tandem::vrrp
