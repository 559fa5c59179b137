#include <doctest/doctest.h>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "common/crypto/crypto.hpp"

namespace {
std::atomic<std::size_t> openssl_allocations{0};
}

// OpenSSL's allocations, counted; common/crypto itself allocates only through it and std::unique_ptr.
extern "C" int CRYPTO_set_mem_functions(void* (*)(std::size_t, const char*, int),
                                        void* (*)(void*, std::size_t, const char*, int),
                                        void (*)(void*, const char*, int));
namespace {
const int counting = CRYPTO_set_mem_functions(
    [](std::size_t size, const char*, int) { ++openssl_allocations; return std::malloc(size); },
    [](void* old, std::size_t size, const char*, int) { ++openssl_allocations; return std::realloc(old, size); },
    [](void* old, const char*, int) { std::free(old); });

using Bytes = std::vector<std::uint8_t>;
using namespace tandem;

Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

crypto::Aead make_aead(std::uint8_t fill) {
  crypto::Key key;
  key.fill(fill);
  return crypto::Aead::create(key).value();
}

Bytes seal(crypto::Aead& aead, const Bytes& text, const Bytes& associated) {
  Bytes out(text.size() + crypto::Aead::overhead);
  REQUIRE(aead.seal(text, associated, out));
  return out;
}

bool opens(crypto::Aead& aead, const Bytes& sealed, const Bytes& associated) {
  Bytes out(sealed.size());
  return aead.open(sealed, associated, out);
}
}  // namespace

TEST_CASE("what is sealed opens with the same key and associated data, at every size") {
  auto sealer = make_aead(1);
  auto opener = make_aead(1);
  for (std::size_t size = 0; size < 200; ++size) {
    CAPTURE(size);
    const Bytes text(size, static_cast<std::uint8_t>(size));
    for (const Bytes& associated : {Bytes{}, to_bytes("shop")}) {
      const Bytes sealed = seal(sealer, text, associated);
      Bytes out(size);
      REQUIRE(opener.open(sealed, associated, out));
      CHECK(out == text);
    }
  }
}

TEST_CASE("any changed bit, other key or other associated data is refused and leaves nothing behind") {
  auto aead = make_aead(1);
  auto foreign = make_aead(2);
  const Bytes associated = to_bytes("shop");
  const Bytes sealed = seal(aead, to_bytes("backend s1"), associated);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes forged = sealed;
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ (1u << (bit % 8)));
    CHECK_FALSE(opens(aead, forged, associated));
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    CHECK_FALSE(opens(aead, Bytes(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(length)), associated));
  }
  CHECK_FALSE(opens(foreign, sealed, associated));
  CHECK_FALSE(opens(aead, sealed, to_bytes("shoq")));
  CHECK_FALSE(opens(aead, sealed, {}));
  Bytes out(10, 0xee);
  CHECK_FALSE(foreign.open(sealed, associated, out));
  CHECK(out == Bytes(10, 0));
  CHECK(opens(aead, sealed, associated));  // a refusal does not disturb what follows
}

TEST_CASE("no two messages share a nonce") {
  auto first = make_aead(1);
  auto second = make_aead(1);
  std::set<Bytes> nonces;
  for (int i = 0; i < 1000; ++i) {
    for (auto* aead : {&first, &second}) {
      const Bytes sealed = seal(*aead, {}, {});
      nonces.emplace(sealed.begin(), sealed.begin() + crypto::Aead::nonce_bytes);
    }
  }
  CHECK(nonces.size() == 2000);
}

TEST_CASE("seal and open allocate nothing") {
  REQUIRE(counting == 1);
  auto aead = make_aead(1);
  const Bytes text = to_bytes("backend s1");
  const Bytes associated = to_bytes("shop");
  Bytes sealed(text.size() + crypto::Aead::overhead);
  Bytes opened(text.size());
  REQUIRE(aead.seal(text, associated, sealed));  // the first call of a thread sets its generator up
  REQUIRE(aead.open(sealed, associated, opened));
  const std::size_t before = openssl_allocations;
  CHECK(before > 0);
  bool good = true;
  for (int i = 0; i < 1000; ++i) {
    good = good && aead.seal(text, associated, sealed) && aead.open(sealed, associated, opened);
  }
  CHECK(good);
  CHECK(openssl_allocations == before);
}

TEST_CASE("an HMAC allocates nothing") {
  REQUIRE(counting == 1);
  const Bytes message(150);
  const std::size_t before = openssl_allocations;
  const crypto::Hmac hmac(crypto::Key{});
  const auto first = hmac.digest(message);
  bool same = true;
  for (int i = 0; i < 1000; ++i) same = same && hmac.digest(message) == first;
  CHECK(same);
  CHECK(openssl_allocations == before);
}
