#include "vrrpd/core/trailer.hpp"

#include <algorithm>

namespace tandem::vrrp {
namespace {

constexpr std::array<std::uint8_t, 4> magic{'T', 'D', 'M', 1};
constexpr std::size_t mac_offset = trailer_bytes - sizeof(Mac);

void put(std::span<std::uint8_t> out, std::size_t offset, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out[offset++] = static_cast<std::uint8_t>(value >> shift & 0xff);
}

std::uint64_t get(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

}  // namespace

void write_trailer(const Trailer& trailer, std::span<std::uint8_t, trailer_bytes> out) {
  std::copy(magic.begin(), magic.end(), out.begin());
  put(out, 4, trailer.stamp.session);
  put(out, 12, trailer.stamp.counter);
  put(out, 20, trailer.heard.session);
  put(out, 28, trailer.heard.counter);
  std::copy(trailer.mac.begin(), trailer.mac.end(), out.begin() + mac_offset);
}

std::optional<Trailer> read_trailer(std::span<const std::uint8_t> behind) {
  if (behind.size() != trailer_bytes || !std::equal(magic.begin(), magic.end(), behind.begin())) return std::nullopt;
  Trailer trailer{.stamp = {get(behind, 4), get(behind, 12)}, .heard = {get(behind, 20), get(behind, 28)}};
  std::copy_n(behind.begin() + mac_offset, sizeof(Mac), trailer.mac.begin());
  return trailer;
}

}  // namespace tandem::vrrp
