// The digest without its EVP clothes, which OpenSSL 3 calls old-fashioned: EVP allocates for each message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "common/crypto/crypto.hpp"

namespace tandem::crypto {
namespace {

constexpr std::uint8_t inner_pad = 0x36;
constexpr std::uint8_t outer_pad = 0x5c;

// A Key is shorter than a block, and so never hashed itself.
Digest half(const Key& key, std::uint8_t pad, std::span<const std::uint8_t> message) {
  std::array<std::uint8_t, SHA256_CBLOCK> block;
  block.fill(pad);
  std::transform(key.begin(), key.end(), block.begin(),
                 [pad](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ pad); });
  Digest digest{};
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  SHA256_Update(&context, message.data(), message.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace

Digest hmac_sha256(const Key& key, std::span<const std::uint8_t> message) {
  return half(key, outer_pad, half(key, inner_pad, message));
}

bool same_secret(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace tandem::crypto
