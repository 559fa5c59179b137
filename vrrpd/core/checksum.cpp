#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {

std::uint32_t checksum_add(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  if (i < bytes.size()) sum += static_cast<std::uint32_t>(bytes[i] << 8);
  return sum;
}

std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::uint16_t length,
                                std::uint8_t protocol) {
  return checksum_add(destination.bytes(), checksum_add(source.bytes())) + protocol + length;
}

std::uint16_t checksum_finish(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

}  // namespace tandem::vrrp
