// The VRRP advertisement: version 3 on IPv4 and IPv6 (RFC 9568 sections 5 and 7.1), and version 2 on
// IPv4 (RFC 3768, without authentication): bytes to value and back.
//
// Pure, allocates nothing, and safe on any bytes. What is refused is refused for a named cause,
// so that each can be counted and shown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "vrrpd/core/datagram.hpp"
#include "vrrpd/core/drop.hpp"
#include "vrrpd/core/trailer.hpp"

namespace tandem::vrrp {

inline constexpr std::uint8_t required_ttl = 255;
inline constexpr std::size_t header_bytes = 8;
inline constexpr std::size_t v2_authentication_bytes = 8;  // of zeros, behind the addresses
inline constexpr std::size_t max_addresses = 64;  // per virtual router; config::load refuses more
inline constexpr std::size_t max_advert_bytes = header_bytes + 16 * max_addresses + trailer_bytes;

enum class Version : std::uint8_t { v2 = 2, v3 = 3 };

/// 224.0.0.18, ff02::12.
IpAddress multicast_group(bool v6);

/// What the checksum of version 3 covers on IPv4. RFC 9568 (section 1.2, change 4): the VRRP message
/// alone. RFC 5798 was read by many as "with the pseudo-header". Both are accepted. IPv6 always has the
/// pseudo-header, version 2 never; they are reported as rfc9568.
enum class ChecksumForm : std::uint8_t { rfc9568, rfc5798 };

/// A received advertisement. `addresses` and `message` point into the packet; an address has 4 or 16 bytes, network order.
struct Advert {
  IpAddress source{};
  IpAddress destination{};
  Version version = Version::v3;
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  Duration interval{};  // > 0
  ChecksumForm form = ChecksumForm::rfc9568;
  std::span<const std::uint8_t> addresses;
  std::span<const std::uint8_t> message{};   // the whole VRRP message
  std::optional<Trailer> trailer{};          // version 3 only; then the message has at most max_advert_bytes
};

struct Decoded {
  Drop drop = Drop::none;
  bool v6 = false;
  std::uint8_t vrid = 0;  // also of a dropped packet, if it was long enough to have one; else 0
  IpAddress source{};     // also of a dropped packet, if it had an IP header
  Advert advert;          // meaningful only if drop is none
};

/// Checks and decodes a message. Yields the causes ttl .. interval; the others need to know the
/// configuration (see classify()).
Decoded decode(const Datagram& datagram);
/// The same for an IPv4 packet with its header; yields also ip_header.
Decoded decode(std::span<const std::uint8_t> ipv4_packet);

/// What a virtual router expects of the packets for its VRID and address family.
struct Expectation {
  IpAddress own_address{};
  Version version = Version::v3;
  Duration interval{};  // version 2 only
  bool unicast = false;
  IpAddress peer_address{};  // unicast only
};

/// The checks of section 7.1 and ours that depend on the configuration.
Drop classify(const Advert& advert, const Expectation& expected);

/// True if the advertised addresses are exactly `configured`, in any order (7.1: a difference is
/// only reported).
bool same_addresses(const Advert& advert, std::span<const Prefix> configured);

struct Outgoing {
  Version version = Version::v3;
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  Duration interval{};  // rounded to what the version can say: centiseconds 1..4095 or seconds 1..255
  IpAddress source{};
  IpAddress destination{};
  ChecksumForm form = ChecksumForm::rfc9568;  // version 3 on IPv4 only
  std::optional<Trailer> trailer{};           // version 3 only
};

/// Writes the VRRP message (no IP header) into `out` and returns its length. `addresses`: 1 to
/// max_addresses of the family of `source`. Version 2 exists on IPv4 only.
std::size_t encode(const Outgoing& advert, std::span<const Prefix> addresses,
                   std::array<std::uint8_t, max_advert_bytes>& out);

/// The interval as it stands on the wire of version 3, and back.
std::uint16_t to_centiseconds(Duration interval);
Duration from_centiseconds(std::uint16_t interval_cs);
/// The interval that a peer learns from our adverts.
Duration on_the_wire(Version version, Duration interval);

}  // namespace tandem::vrrp
