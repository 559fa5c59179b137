// The sticky cookie: opaque, authenticated, bound to its target group.
//
// Value: base64url without padding of  key id (4, big endian) | nonce (12) | sealed (24) | tag (16),
// where the sealed text is  group identity (8) | backend identity (8) | issued (8: seconds, Unix
// time), all big endian, and the key id is the additional data. Whatever does not open - forged,
// foreign, of an old key, too old - is simply no cookie: the client gets a new one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/time.hpp"
#include "lbd/core/http1/head.hpp"

namespace tandem::lbd {

inline constexpr std::size_t cookie_plain_size = 24;
inline constexpr std::size_t cookie_nonce_size = 12;
inline constexpr std::size_t cookie_tag_size = 16;
inline constexpr std::size_t cookie_key_id_size = 4;
inline constexpr std::size_t cookie_binary_size =
    cookie_key_id_size + cookie_nonce_size + cookie_plain_size + cookie_tag_size;  // 56
inline constexpr std::size_t cookie_text_size = (cookie_binary_size * 8 + 5) / 6;  // 75

/// The cipher behind the cookie (AES-256-GCM or ChaCha20-Poly1305 with the replicated keys). An
/// implementation belongs to one worker.
class CookieCipher {
 public:
  virtual ~CookieCipher() = default;
  /// Id of the key that seals, or nullopt as long as there is none.
  [[nodiscard]] virtual std::optional<std::uint32_t> sealing_key() const = 0;
  /// Seals `plain` under the key with a fresh nonce, which it writes to `nonce`. `sealed` is
  /// plain.size() + cookie_tag_size. False: no such key or the cipher failed.
  [[nodiscard]] virtual bool seal(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                                  std::span<const std::uint8_t> plain,
                                  std::span<std::uint8_t, cookie_nonce_size> nonce,
                                  std::span<std::uint8_t> sealed) = 0;
  /// Opens and authenticates. False: unknown key or forged.
  [[nodiscard]] virtual bool open(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                                  std::span<const std::uint8_t, cookie_nonce_size> nonce,
                                  std::span<const std::uint8_t> sealed,
                                  std::span<std::uint8_t> plain) = 0;
};

/// What a valid cookie says.
struct StickyCookie {
  std::uint64_t backend_identity = 0;
  bool refresh = false;  // older than ttl/8 or sealed with an older key: send a new one
};

/// Opens a cookie's value. `now_unix` and the ttl in seconds; an issue time of more than a minute in
/// the future is as invalid as one older than the ttl. nullopt: treat the client as new.
[[nodiscard]] std::optional<StickyCookie> open_sticky_cookie(std::string_view value,
                                                             std::uint64_t group_identity,
                                                             std::int64_t now_unix, std::int64_t ttl,
                                                             CookieCipher& cipher) noexcept;

/// Writes the complete line "Set-Cookie: NAME=VALUE; Path=/; HttpOnly; SameSite=Lax; Max-Age=TTL\r\n"
/// (with "; Secure" for TLS listeners) into `out` and returns it; empty if there is no key or it does
/// not fit. max_set_cookie_line plus the name's size always suffices.
inline constexpr std::size_t max_set_cookie_line = 192;
[[nodiscard]] std::string_view write_sticky_cookie(std::span<char> out, std::string_view name,
                                                   std::uint64_t group_identity,
                                                   std::uint64_t backend_identity,
                                                   std::int64_t now_unix, std::int64_t ttl,
                                                   bool secure, CookieCipher& cipher) noexcept;

/// Value of the first cookie with this name (RFC 6265 section 4.2: case matters) in one Cookie field
/// value; nullopt if absent. Surrounding double quotes are removed.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view field_value,
                                                          std::string_view name) noexcept;

/// The same over all Cookie fields of a head.
[[nodiscard]] std::optional<std::string_view> find_cookie(const http1::MessageHead& head,
                                                          std::string_view name) noexcept;

}  // namespace tandem::lbd
