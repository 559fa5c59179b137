// The Internet checksum (RFC 1071) and the pseudo-header that some VRRP speakers put in front.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/inet.hpp"

namespace tandem::vrrp {

/// One's complement sum of big-endian 16-bit words, not yet folded; an odd last byte is padded
/// with zero. `sum` continues an earlier one (of an even number of bytes). At most 64 KiB in all.
std::uint32_t checksum_add(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

/// Sum of the pseudo-header of IPv4 (RFC 793) or IPv6 (RFC 8200, 8.1): both addresses, protocol, length
/// of the message.
std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::uint16_t length,
                                std::uint8_t protocol);

/// Folds and complements: the value for the checksum field. Over a message that contains its own
/// correct checksum the result is 0.
std::uint16_t checksum_finish(std::uint32_t sum);

}  // namespace tandem::vrrp
