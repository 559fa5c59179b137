#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>

#include "common/crypto/crypto.hpp"

namespace tandem::crypto {
namespace {

/// OpenSSL's parameters take mutable pointers to data that they only read.
OSSL_PARAM octets(const char* name, std::span<const std::uint8_t> data) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(data.data()), data.size());
}

}  // namespace

Result<> random_bytes(std::span<std::uint8_t> out) {
  if (out.empty()) return {};
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) return Error{"the system gives no random bytes"};
  return {};
}

Result<> hkdf_sha256(std::span<const std::uint8_t> secret, std::span<const std::uint8_t> salt, std::string_view info,
                     std::span<std::uint8_t> out) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), &EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr,
                                                                         &EVP_KDF_CTX_free);
  char digest[] = "SHA256";
  const std::span<const std::uint8_t> label(reinterpret_cast<const std::uint8_t*>(info.data()), info.size());
  OSSL_PARAM parameters[5];
  std::size_t count = 0;
  parameters[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  parameters[count++] = octets(OSSL_KDF_PARAM_KEY, secret);
  if (!salt.empty()) parameters[count++] = octets(OSSL_KDF_PARAM_SALT, salt);
  if (!label.empty()) parameters[count++] = octets(OSSL_KDF_PARAM_INFO, label);
  parameters[count] = OSSL_PARAM_construct_end();
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) != 1) {
    return Error{"OpenSSL could not derive a key with HKDF-SHA256"};
  }
  return {};
}

}  // namespace tandem::crypto
