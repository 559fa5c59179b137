// What the MAC of an advert's trailer covers, and how the MAC gets into the advert. The cryptography itself is the
// shell's (vrrpd/io/advert_seal.hpp).
//
// Covered: the address family, the source address, and the VRRP message with its trailer, where checksum and MAC
// count as zeros. Not covered: the destination and the TTL, which the receiver checks by itself. Who sent it is
// covered by the key: each node has one of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/inet.hpp"
#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {

/// The text that the MAC is made of.
class SealedText {
 public:
  /// `message`: of trailer_bytes and more, max_advert_bytes at most, with a trailer at its end.
  SealedText(const IpAddress& source, std::span<const std::uint8_t> message);

  [[nodiscard]] std::span<const std::uint8_t> view() const { return {bytes_.data(), size_}; }

 private:
  static constexpr std::size_t front_bytes = 1 + 16;  // family, source
  std::array<std::uint8_t, front_bytes + max_advert_bytes> bytes_{};
  std::size_t size_;
};

/// Puts the MAC into a message whose trailer has none yet (zeros), and corrects the checksum for it.
void put_mac(const Mac& mac, std::span<std::uint8_t> message);

}  // namespace tandem::vrrp
