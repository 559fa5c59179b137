#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "common/base/assert.hpp"
#include "common/crypto/crypto.hpp"

namespace tandem::crypto {
namespace {

/// OpenSSL counts in int.
bool countable(std::size_t size) { return size <= static_cast<std::size_t>(std::numeric_limits<int>::max()); }

/// Feeds associated data, then the text. Both may be empty.
template <int (*Update)(EVP_CIPHER_CTX*, unsigned char*, int*, const unsigned char*, int)>
bool feed(EVP_CIPHER_CTX* context, std::span<const std::uint8_t> associated, std::span<const std::uint8_t> text,
          std::uint8_t* out) {
  int written = 0;
  if (!associated.empty() &&
      Update(context, nullptr, &written, associated.data(), static_cast<int>(associated.size())) != 1) {
    return false;
  }
  return text.empty() || Update(context, out, &written, text.data(), static_cast<int>(text.size())) == 1;
}

}  // namespace

void Aead::FreeContext::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }

Aead::Aead(Context encrypt, Context decrypt) : encrypt_(std::move(encrypt)), decrypt_(std::move(decrypt)) {}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

Result<Aead> Aead::create(const Key& key) {
  Context encrypt(EVP_CIPHER_CTX_new());
  Context decrypt(EVP_CIPHER_CTX_new());
  // The key schedule is done here, once; seal() and open() only set a nonce.
  if (!encrypt || !decrypt ||
      EVP_EncryptInit_ex(encrypt.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) != 1 ||
      EVP_DecryptInit_ex(decrypt.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) != 1) {
    return Error{"OpenSSL does not offer AES-256-GCM"};
  }
  return Aead(std::move(encrypt), std::move(decrypt));
}

bool Aead::next_nonce(std::span<std::uint8_t, nonce_bytes> out) {
  if (nonces_used_ + nonce_bytes > nonces_.size()) {
    if (RAND_bytes(nonces_.data(), static_cast<int>(nonces_.size())) != 1) return false;
    nonces_used_ = 0;
  }
  std::copy_n(nonces_.data() + nonces_used_, nonce_bytes, out.data());
  nonces_used_ += nonce_bytes;
  return true;
}

bool Aead::seal(std::span<const std::uint8_t> plaintext, std::span<const std::uint8_t> associated,
                std::span<std::uint8_t> out) {
  TANDEM_ASSERT(out.size() == plaintext.size() + overhead && countable(out.size()) && countable(associated.size()));
  const auto nonce = out.first<nonce_bytes>();
  std::uint8_t* const text = out.data() + nonce_bytes;
  std::uint8_t* const tag = text + plaintext.size();
  int written = 0;
  return next_nonce(nonce) && EVP_EncryptInit_ex(encrypt_.get(), nullptr, nullptr, nullptr, nonce.data()) == 1 &&
         feed<EVP_EncryptUpdate>(encrypt_.get(), associated, plaintext, text) &&
         EVP_EncryptFinal_ex(encrypt_.get(), tag, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(encrypt_.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1;
}

bool Aead::open(std::span<const std::uint8_t> sealed, std::span<const std::uint8_t> associated,
                std::span<std::uint8_t> out) {
  if (sealed.size() < overhead || !countable(sealed.size()) || !countable(associated.size())) return false;
  const auto text = sealed.subspan(nonce_bytes, sealed.size() - overhead);
  TANDEM_ASSERT(out.size() >= text.size());
  // A copy, because OpenSSL takes the expected tag through a mutable pointer.
  std::array<std::uint8_t, tag_bytes> tag{};
  std::copy_n(sealed.data() + nonce_bytes + text.size(), tag_bytes, tag.data());
  std::array<std::uint8_t, 16> rest{};  // a stream mode: the last step writes nothing
  int written = 0;
  const bool genuine = EVP_DecryptInit_ex(decrypt_.get(), nullptr, nullptr, nullptr, sealed.data()) == 1 &&
                       feed<EVP_DecryptUpdate>(decrypt_.get(), associated, text, out.data()) &&
                       EVP_CIPHER_CTX_ctrl(decrypt_.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
                       EVP_DecryptFinal_ex(decrypt_.get(), rest.data(), &written) == 1;
  if (!genuine && !out.empty()) OPENSSL_cleanse(out.data(), out.size());
  return genuine;
}

}  // namespace tandem::crypto
