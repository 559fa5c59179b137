// What the IP layer says about a received VRRP message, for both address families.
//
// Pure. IPv4 raw sockets deliver the header with the message; IPv6 ones deliver its fields beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/base/inet.hpp"

namespace tandem::vrrp {

inline constexpr std::uint8_t ip_protocol = 112;

struct Datagram {
  IpAddress source{};
  IpAddress destination{};   // of the same family
  std::uint8_t ttl = 0;      // or hop limit
  std::span<const std::uint8_t> message;  // the VRRP message; borrowed
};

/// The parts of an IPv4 packet, header and options included; bytes behind its total length are cut off.
/// nullopt: not a whole IPv4 header, or not protocol 112.
std::optional<Datagram> ipv4_datagram(std::span<const std::uint8_t> packet);

}  // namespace tandem::vrrp
