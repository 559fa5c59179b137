#include "vrrpd/core/datagram.hpp"

#include <cstddef>

namespace tandem::vrrp {
namespace {

constexpr std::size_t ipv4_header_bytes = 20;

IpAddress address_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return IpAddress::v4({bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

}  // namespace

std::optional<Datagram> ipv4_datagram(std::span<const std::uint8_t> packet) {
  if (packet.size() < ipv4_header_bytes || packet[0] >> 4 != 4) return std::nullopt;
  const std::size_t header = std::size_t{4} * (packet[0] & 0x0f);
  const auto total = static_cast<std::size_t>(packet[2] << 8 | packet[3]);
  if (header < ipv4_header_bytes || total < header || total > packet.size()) return std::nullopt;
  if (packet[9] != ip_protocol) return std::nullopt;
  return Datagram{.source = address_at(packet, 12),
                  .destination = address_at(packet, 16),
                  .ttl = packet[8],
                  .message = packet.subspan(header, total - header)};
}

}  // namespace tandem::vrrp
