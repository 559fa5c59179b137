#include <doctest/doctest.h>

#include <vector>

#include "common/crypto/crypto.hpp"

using namespace tandem;

TEST_CASE("HKDF-SHA256: RFC 5869, test case 1") {
  const std::vector<std::uint8_t> secret(22, 0x0b);
  std::vector<std::uint8_t> salt;
  for (std::uint8_t i = 0; i <= 0x0c; ++i) salt.push_back(i);
  const std::string info = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
  std::vector<std::uint8_t> out(42);
  REQUIRE(crypto::hkdf_sha256(secret, salt, info, out));
  const std::vector<std::uint8_t> expected = {
      0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f, 0x64, 0xd0, 0x36,
      0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a, 0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56,
      0xec, 0xc4, 0xc5, 0xbf, 0x34, 0x00, 0x72, 0x08, 0xd5, 0xb8, 0x87, 0x18, 0x58, 0x65};
  CHECK(out == expected);
}

TEST_CASE("HKDF-SHA256: RFC 5869, test case 3 (no salt, no info)") {
  const std::vector<std::uint8_t> secret(22, 0x0b);
  std::vector<std::uint8_t> out(42);
  REQUIRE(crypto::hkdf_sha256(secret, {}, {}, out));
  const std::vector<std::uint8_t> expected = {
      0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c,
      0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f,
      0x3c, 0x73, 0x8d, 0x2d, 0x9d, 0x20, 0x13, 0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8};
  CHECK(out == expected);
}

TEST_CASE("HKDF refuses more output than it may give") {
  std::vector<std::uint8_t> out(255 * 32 + 1);
  CHECK_FALSE(crypto::hkdf_sha256(std::vector<std::uint8_t>(32), {}, "x", out));
}

TEST_CASE("random bytes differ") {
  std::vector<std::uint8_t> first(32), second(32);
  REQUIRE(crypto::random_bytes(first));
  REQUIRE(crypto::random_bytes(second));
  CHECK(first != second);
  CHECK(crypto::random_bytes({}));
}
