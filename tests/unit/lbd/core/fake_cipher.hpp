// A cipher that hides nothing but notices every change: enough to test what is built on the seam.
#pragma once

#include <map>

#include "lbd/core/sticky/cookie.hpp"

namespace tandem::lbd::test {

class FakeCipher : public CookieCipher {
 public:
  std::optional<std::uint32_t> sealing = 1;
  std::map<std::uint32_t, std::uint64_t> keys = {{1, 0x1111}, {2, 0x2222}};

  [[nodiscard]] std::optional<std::uint32_t> sealing_key() const override { return sealing; }

  bool seal(std::uint32_t key_id, std::span<const std::uint8_t> additional, std::span<const std::uint8_t> plain,
            std::span<std::uint8_t, cookie_nonce_size> nonce, std::span<std::uint8_t> sealed) override {
    if (keys.count(key_id) == 0 || sealed.size() != plain.size() + cookie_tag_size) return false;
    for (std::uint8_t& byte : nonce) byte = static_cast<std::uint8_t>(++nonces_);
    for (std::size_t i = 0; i < plain.size(); ++i) sealed[i] = static_cast<std::uint8_t>(plain[i] ^ 0x5a);
    write_tag(keys[key_id], additional, nonce, sealed.first(plain.size()), sealed.last(cookie_tag_size));
    return true;
  }

  bool open(std::uint32_t key_id, std::span<const std::uint8_t> additional,
            std::span<const std::uint8_t, cookie_nonce_size> nonce, std::span<const std::uint8_t> sealed,
            std::span<std::uint8_t> plain) override {
    if (keys.count(key_id) == 0 || sealed.size() != plain.size() + cookie_tag_size) return false;
    std::array<std::uint8_t, cookie_tag_size> tag;
    write_tag(keys[key_id], additional, nonce, sealed.first(plain.size()), tag);
    if (!std::equal(tag.begin(), tag.end(), sealed.last(cookie_tag_size).begin())) return false;
    for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::uint8_t>(sealed[i] ^ 0x5a);
    return true;
  }

 private:
  static void write_tag(std::uint64_t key, std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                        std::span<const std::uint8_t> c, std::span<std::uint8_t> tag) {
    std::uint64_t hash = key;
    for (const auto part : {a, b, c}) {
      for (const std::uint8_t byte : part) hash = (hash ^ byte) * 0x100000001b3ULL;
    }
    for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = static_cast<std::uint8_t>(hash >> (i % 8 * 8));
  }
  unsigned nonces_ = 0;
};

}  // namespace tandem::lbd::test
