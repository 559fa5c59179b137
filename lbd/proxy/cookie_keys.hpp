// The keys of sticky cookies in one worker, as the cipher that the cookie codec wants.
#pragma once

#include <vector>

#include "common/crypto/crypto.hpp"
#include "lbd/core/sticky/cookie.hpp"
#include "lbd/runtime/messages.hpp"

namespace tandem::lbd {

class CookieKeys final : public CookieCipher {
 public:
  /// Replaces all keys; the first one seals. A key that OpenSSL refuses is left out.
  void set(const SetCookieKeys& keys);

  [[nodiscard]] std::optional<std::uint32_t> sealing_key() const override;
  [[nodiscard]] bool seal(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                          std::span<const std::uint8_t> plain, std::span<std::uint8_t, cookie_nonce_size> nonce,
                          std::span<std::uint8_t> sealed) override;
  [[nodiscard]] bool open(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                          std::span<const std::uint8_t, cookie_nonce_size> nonce,
                          std::span<const std::uint8_t> sealed, std::span<std::uint8_t> plain) override;

 private:
  struct Key {
    std::uint32_t id;
    crypto::Aead cipher;
  };
  [[nodiscard]] crypto::Aead* find(std::uint32_t key_id) noexcept;

  std::vector<Key> keys_;
};

}  // namespace tandem::lbd
