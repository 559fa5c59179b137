// Cryptography for the daemons: random bytes, key derivation, authentication, authenticated encryption, the cluster key.
//
// The adapter around OpenSSL 3; none of its headers leak through here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

struct evp_cipher_ctx_st;

namespace tandem::crypto {

inline constexpr std::size_t key_bytes = 32;
using Key = std::array<std::uint8_t, key_bytes>;

/// Fills `out` from the system's cryptographic generator. Fails only if there is no entropy source. Any thread.
Result<> random_bytes(std::span<std::uint8_t> out);

/// HKDF with SHA-256 (RFC 5869): derives `out` (at most 8160 bytes) from `secret`. `info` names the use, so that
/// each use of one secret has a key of its own; `salt` may be empty. Any thread.
Result<> hkdf_sha256(std::span<const std::uint8_t> secret, std::span<const std::uint8_t> salt, std::string_view info,
                     std::span<std::uint8_t> out);

using Digest = std::array<std::uint8_t, 32>;

/// HMAC with SHA-256 (RFC 2104) under one key. Allocates nothing, cannot fail. Any thread.
class Hmac {
 public:
  explicit Hmac(const Key& key);

  [[nodiscard]] Digest digest(std::span<const std::uint8_t> message) const;

 private:
  using State = std::array<std::uint32_t, 8>;  // of SHA-256 when the block with the key is through: half of a short message's work

  State inner_;
  State outer_;
};

/// In a time that depends only on the sizes. False if these differ.
[[nodiscard]] bool same_secret(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other);

/// AES-256-GCM with a random 96-bit nonce in front: `nonce (12) | ciphertext | tag (16)`. One key may seal
/// 2^32 messages, all threads and nodes together; rotate it before.
///
/// Not thread-safe: one object per thread, any number with one key. seal() and open() allocate nothing.
class Aead {
 public:
  static constexpr std::size_t nonce_bytes = 12;
  static constexpr std::size_t tag_bytes = 16;
  static constexpr std::size_t overhead = nonce_bytes + tag_bytes;

  static Result<Aead> create(const Key& key);
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();

  /// Seals `plaintext` into `out`, which must have exactly plaintext.size() + overhead bytes and not overlap it.
  /// `associated` is authenticated, not sent. False only if the random generator or OpenSSL fails.
  [[nodiscard]] bool seal(std::span<const std::uint8_t> plaintext, std::span<const std::uint8_t> associated,
                          std::span<std::uint8_t> out);

  /// Opens `sealed` (any bytes, from anywhere) into `out`, which must have at least sealed.size() - overhead bytes.
  /// False if it is too short, was made with another key or associated data, or was changed; `out` is then zeroed.
  [[nodiscard]] bool open(std::span<const std::uint8_t> sealed, std::span<const std::uint8_t> associated,
                          std::span<std::uint8_t> out);

 private:
  struct FreeContext {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  using Context = std::unique_ptr<evp_cipher_ctx_st, FreeContext>;
  Aead(Context encrypt, Context decrypt);

  [[nodiscard]] bool next_nonce(std::span<std::uint8_t, nonce_bytes> out);

  Context encrypt_;
  Context decrypt_;
  std::array<std::uint8_t, 64 * nonce_bytes> nonces_{};  // drawn 64 at a time: the generator's call is the dear part
  std::size_t nonces_used_ = sizeof(nonces_);
};

/// The pair's shared secret, and what is odd about its file.
struct ClusterKey {
  Key key{};
  std::string warning;  // empty, or a sentence: the file is open to others than owner and group
};

/// Reads a key file: 64 hexadecimal characters, then at most one line end. The error says what is wrong with which
/// file and how to make a good one.
Result<ClusterKey> load_cluster_key(const std::string& path);

}  // namespace tandem::crypto
