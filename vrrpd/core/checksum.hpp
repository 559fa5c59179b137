// The Internet checksum (RFC 1071) and the pseudo-header that some VRRP speakers put in front.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/inet.hpp"

namespace tandem::vrrp {

/// One's complement sum of big-endian 16-bit words, not yet folded; an odd last byte is padded
/// with zero. `sum` continues an earlier one (of an even number of bytes). At most 64 KiB in all.
std::uint32_t checksum_add(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

/// Sum of the IPv4 pseudo-header (RFC 793): both addresses, protocol 112, length of the message.
std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::uint16_t length);

/// Folds and complements: the value for the checksum field. Over a message that contains its own
/// correct checksum the result is 0.
std::uint16_t checksum_finish(std::uint32_t sum);

}  // namespace tandem::vrrp
