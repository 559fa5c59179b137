#include "lbd/proxy/cookie_keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/assert.hpp"

namespace tandem::lbd {

namespace {

// The cipher writes and reads nonce | ciphertext | tag in one piece.
constexpr std::size_t box_size = cookie_nonce_size + cookie_plain_size + cookie_tag_size;
static_assert(cookie_nonce_size == crypto::Aead::nonce_bytes && cookie_tag_size == crypto::Aead::tag_bytes);

}  // namespace

void CookieKeys::set(const SetCookieKeys& keys) {
  keys_.clear();
  for (const CookieKey& key : keys.keys) {
    Result<crypto::Aead> cipher = crypto::Aead::create(key.key);
    if (cipher) keys_.push_back({key.id, std::move(cipher).value()});
  }
}

std::optional<std::uint32_t> CookieKeys::sealing_key() const {
  return keys_.empty() ? std::nullopt : std::optional(keys_.front().id);
}

bool CookieKeys::seal(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                      std::span<const std::uint8_t> plain, std::span<std::uint8_t, cookie_nonce_size> nonce,
                      std::span<std::uint8_t> sealed) {
  TANDEM_ASSERT(plain.size() == cookie_plain_size && sealed.size() == cookie_plain_size + cookie_tag_size);
  crypto::Aead* const cipher = find(key_id);
  std::array<std::uint8_t, box_size> box;
  if (cipher == nullptr || !cipher->seal(plain, additional, box)) return false;
  std::copy_n(box.begin(), nonce.size(), nonce.begin());
  std::copy(box.begin() + cookie_nonce_size, box.end(), sealed.begin());
  return true;
}

bool CookieKeys::open(std::uint32_t key_id, std::span<const std::uint8_t> additional,
                      std::span<const std::uint8_t, cookie_nonce_size> nonce,
                      std::span<const std::uint8_t> sealed, std::span<std::uint8_t> plain) {
  TANDEM_ASSERT(sealed.size() == cookie_plain_size + cookie_tag_size);
  crypto::Aead* const cipher = find(key_id);
  if (cipher == nullptr) return false;
  std::array<std::uint8_t, box_size> box;
  std::copy(nonce.begin(), nonce.end(), box.begin());
  std::copy(sealed.begin(), sealed.end(), box.begin() + cookie_nonce_size);
  return cipher->open(box, additional, plain);
}

crypto::Aead* CookieKeys::find(std::uint32_t key_id) noexcept {
  for (Key& key : keys_) {
    if (key.id == key_id) return &key.cipher;
  }
  return nullptr;
}

}  // namespace tandem::lbd
