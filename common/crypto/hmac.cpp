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

using State = std::array<std::uint32_t, 8>;

// A Key is shorter than a block, and so never hashed itself.
State after_key(const Key& key, std::uint8_t pad) {
  std::array<std::uint8_t, SHA256_CBLOCK> block;
  block.fill(pad);
  std::transform(key.begin(), key.end(), block.begin(),
                 [pad](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ pad); });
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  State state{};
  std::copy_n(context.h, state.size(), state.begin());
  return state;
}

Digest finish(const State& after_key, std::span<const std::uint8_t> message) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(after_key.begin(), after_key.end(), context.h);
  context.Nl = 8 * SHA256_CBLOCK;  // bits that are through
  SHA256_Update(&context, message.data(), message.size());
  Digest digest{};
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace

Hmac::Hmac(const Key& key) : inner_(after_key(key, inner_pad)), outer_(after_key(key, outer_pad)) {}

Digest Hmac::digest(std::span<const std::uint8_t> message) const { return finish(outer_, finish(inner_, message)); }

bool same_secret(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace tandem::crypto
