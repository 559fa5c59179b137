#include "lbd/core/sticky/base64url.hpp"

#include <array>

namespace tandem::lbd::detail {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t foreign = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(foreign);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> values = make_values();

}  // namespace

void base64url_encode(std::span<const std::uint8_t> bytes, char* out) noexcept {
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6;) {
      held -= 6;
      *out++ = alphabet[bits >> held & 0x3f];
    }
  }
  if (held != 0) *out = alphabet[bits << (6 - held) & 0x3f];
}

bool base64url_decode(std::string_view text, std::span<std::uint8_t> out) noexcept {
  if (text.size() != base64url_size(out.size())) return false;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == foreign) return false;
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = static_cast<std::uint8_t>(bits >> held);
    }
  }
  return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace tandem::lbd::detail
