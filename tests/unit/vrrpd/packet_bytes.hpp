// Builds the packets of the tests byte by byte, independently of the encoder.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vrrpd/core/drop.hpp"

namespace tandem::vrrp {

inline doctest::String toString(Drop drop) { return std::string(to_string(drop)).c_str(); }

}  // namespace tandem::vrrp

namespace tandem::vrrp::test {

using Bytes = std::vector<std::uint8_t>;

/// 192.0.2.11 -> 224.0.0.18, TTL 255, protocol 112; one address 192.0.2.100, VRID 51, priority 253,
/// 100 ms; checksum 0x0f5c is RFC 9568's.
inline Bytes advert_rfc9568() {
  return {0x45, 0xc0, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0xff, 0x70, 0x00, 0x00,  // IPv4
          192,  0,    2,    11,   224,  0,    0,    18,                            // addresses
          0x31, 51,   253,  1,    0x00, 10,   0x0f, 0x5c,                          // VRRP
          192,  0,    2,    100};
}

/// Computes the plain checksum of the VRRP message in `packet` anew.
inline void fix_checksum(Bytes& packet) {
  packet[26] = packet[27] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 20; i < packet.size(); i += 2) {
    const std::uint32_t low = i + 1 < packet.size() ? packet[i + 1] : 0U;
    sum += (static_cast<std::uint32_t>(packet[i]) << 8) + low;
  }
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  packet[26] = static_cast<std::uint8_t>(sum >> 8);
  packet[27] = static_cast<std::uint8_t>(sum & 0xff);
}

}  // namespace tandem::vrrp::test
