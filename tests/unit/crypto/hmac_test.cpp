#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/crypto.hpp"

using namespace tandem;

namespace {

// A shorter key is the same as one with zeros behind (RFC 2104 section 2).
crypto::Key key_of(std::string_view text) {
  crypto::Key key{};
  std::copy(text.begin(), text.end(), key.begin());
  return key;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) out += {digits[byte >> 4], digits[byte & 0x0f]};
  return out;
}

std::string mac(const crypto::Key& key, std::string_view text) {
  return hex(crypto::Hmac(key).digest({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

}  // namespace

TEST_CASE("HMAC-SHA256: RFC 4231, test cases 1 to 4") {
  CHECK(mac(key_of(std::string(20, '\x0b')), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac(key_of("Jefe"), "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(mac(key_of(std::string(20, '\xaa')), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting += c;
  CHECK(mac(key_of(counting), std::string(50, '\xcd')) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

TEST_CASE("HMAC-SHA256: key and message both count, of every length") {
  const crypto::Hmac one(key_of("one"));
  const crypto::Hmac two(key_of("two"));
  std::set<crypto::Digest> digests;
  for (std::size_t size = 0; size < 200; ++size) {
    digests.insert(one.digest(std::vector<std::uint8_t>(size, 7)));
    digests.insert(two.digest(std::vector<std::uint8_t>(size, 7)));
  }
  CHECK(digests.size() == 400);
}

TEST_CASE("HMAC-SHA256: one key makes the same of a message again, whatever came between") {
  const crypto::Hmac hmac(key_of("one"));
  const std::vector<std::uint8_t> message(150, 7);
  const auto first = hmac.digest(message);
  CHECK(hmac.digest(std::vector<std::uint8_t>(100, 9)) != first);
  CHECK(hmac.digest(message) == first);
}

TEST_CASE("secrets are the same if all bytes are") {
  const std::vector<std::uint8_t> secret{1, 2, 3};
  CHECK(crypto::same_secret(secret, std::vector<std::uint8_t>{1, 2, 3}));
  CHECK_FALSE(crypto::same_secret(secret, std::vector<std::uint8_t>{1, 2, 4}));
  CHECK_FALSE(crypto::same_secret(secret, std::vector<std::uint8_t>{1, 2}));
  CHECK(crypto::same_secret({}, {}));
}
