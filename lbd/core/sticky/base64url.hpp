// base64url without padding (RFC 4648 section 5) over caller-supplied memory. Internal to the cookie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::lbd::detail {

constexpr std::size_t base64url_size(std::size_t bytes) { return (bytes * 8 + 5) / 6; }

/// Writes base64url_size(bytes.size()) characters.
void base64url_encode(std::span<const std::uint8_t> bytes, char* out) noexcept;

/// Decodes exactly out.size() bytes. False on another length, a foreign character or unused bits that
/// are not zero, so that each value has one spelling.
[[nodiscard]] bool base64url_decode(std::string_view text, std::span<std::uint8_t> out) noexcept;

}  // namespace tandem::lbd::detail
