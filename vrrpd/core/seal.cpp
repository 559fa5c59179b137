#include "vrrpd/core/seal.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t checksum_offset = 6;

}  // namespace

SealedText::SealedText(const IpAddress& source, std::span<const std::uint8_t> message)
    : size_(front_bytes + message.size()) {
  TANDEM_ASSERT(message.size() >= header_bytes + trailer_bytes && message.size() <= max_advert_bytes);
  const auto address = source.bytes();
  bytes_[0] = source.is_v6() ? 6 : 4;
  std::copy(address.begin(), address.end(), bytes_.begin() + 1);
  const std::span<std::uint8_t> copy(bytes_.data() + front_bytes, message.size());
  std::copy(message.begin(), message.end() - sizeof(Mac), copy.begin());
  std::fill_n(copy.begin() + checksum_offset, 2, std::uint8_t{0});
}

// The sum grows by what replaces zeros; message and trailer have even lengths, so the MAC begins with a whole word.
void put_mac(const Mac& mac, std::span<std::uint8_t> message) {
  std::copy(mac.begin(), mac.end(), message.end() - sizeof(Mac));
  const auto field = message.subspan(checksum_offset, 2);
  const std::uint32_t sum = static_cast<std::uint16_t>(~(field[0] << 8 | field[1]) & 0xffff);
  const std::uint16_t checksum = checksum_finish(checksum_add(mac, sum));
  field[0] = static_cast<std::uint8_t>(checksum >> 8);
  field[1] = static_cast<std::uint8_t>(checksum & 0xff);
}

}  // namespace tandem::vrrp
