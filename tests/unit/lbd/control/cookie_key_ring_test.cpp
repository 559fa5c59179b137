#include "lbd/control/cookie_key_ring.hpp"

#include <doctest/doctest.h>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using test::at;

namespace {

constexpr std::chrono::seconds noon{1'700'000'000};

RotatedKey rotated(std::uint32_t id, std::chrono::seconds created) {
  RotatedKey key;
  key.key.id = id;
  key.key.key.fill(static_cast<std::uint8_t>(id));
  key.created = created;
  return key;
}

std::vector<std::uint32_t> ids(const CookieKeyRing& ring, TimePoint now) {
  std::vector<std::uint32_t> result;
  for (const auto& key : ring.keys(now)) result.push_back(key.id);
  return result;
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("alone, the base key seals and opens") {
  const CookieKeyRing ring{CookieKey{}};
  CHECK(ids(ring, at(0s)) == Ids{0});
  CHECK_FALSE(ring.deadline(at(0s)));
  CHECK(ring.rotation_due(noon, 0s));
}

TEST_CASE("a new key opens at once and seals after a minute") {
  CookieKeyRing ring{CookieKey{}};
  ring.insert(rotated(7, noon), at(0s), noon);
  CHECK(ids(ring, at(59s)) == Ids{0, 7});
  CHECK(ring.deadline(at(0s)) == at(60s));
  CHECK(ids(ring, at(60s)) == Ids{7, 0});
  CHECK_FALSE(ring.deadline(at(60s)));
}

TEST_CASE("after a restart, keys of the table that are old enough seal at once") {
  CookieKeyRing ring{CookieKey{}};
  ring.insert(rotated(7, noon - 1h), at(0s), noon);
  CHECK(ids(ring, at(0s)) == Ids{7, 0});
}

TEST_CASE("a key from the future (the peer's clock is ahead) waits its minute") {
  CookieKeyRing ring{CookieKey{}};
  ring.insert(rotated(7, noon + 1h), at(0s), noon);
  CHECK(ids(ring, at(59s)) == Ids{0, 7});
  CHECK(ids(ring, at(60s)) == Ids{7, 0});
}

TEST_CASE("the newest settled key seals, the three newest open, the base always") {
  CookieKeyRing ring{CookieKey{}};
  for (std::uint32_t n = 1; n <= 4; ++n) ring.insert(rotated(n, noon + n * 12h), at(0s), noon + 61h);
  CHECK(ids(ring, at(0s)) == Ids{4, 3, 2, 0});
  ring.insert(rotated(5, noon + 60h), at(0s), noon + 61h);
  CHECK(ids(ring, at(0s)) == Ids{5, 4, 3, 0});
  CHECK(ring.surplus() == Ids{2, 1});
  ring.insert(rotated(6, noon + 72h), at(0s), noon + 72h);
  CHECK(ids(ring, at(1s)) == Ids{5, 6, 4, 0});
  CHECK(ids(ring, at(60s)) == Ids{6, 5, 4, 0});
  ring.erase(6);
  CHECK(ids(ring, at(60s)) == Ids{5, 4, 3, 0});
}

TEST_CASE("both nodes seal with the same key when two were made at once") {
  CookieKeyRing a{CookieKey{}};
  CookieKeyRing b{CookieKey{}};
  a.insert(rotated(7, noon), at(0s), noon);
  a.insert(rotated(9, noon), at(1s), noon);
  b.insert(rotated(9, noon), at(0s), noon);
  b.insert(rotated(7, noon), at(1s), noon);
  CHECK(ids(a, at(2min)) == ids(b, at(2min)));
}

TEST_CASE("rotation is due after twelve hours, for the second node a little later") {
  CookieKeyRing ring{CookieKey{}};
  ring.insert(rotated(7, noon), at(0s), noon);
  CHECK_FALSE(ring.rotation_due(noon + 12h - 1s, 0s));
  CHECK(ring.rotation_due(noon + 12h, 0s));
  CHECK_FALSE(ring.rotation_due(noon + 12h, 10min));
  CHECK(ring.rotation_due(noon + 12h + 10min, 10min));
}

TEST_CASE("keys as table entries") {
  const RotatedKey key = rotated(0xabcdef01, noon);
  CHECK(rotated_key_name(key.key.id) == "abcdef01");
  const auto decoded = decode_rotated_key("abcdef01", encode_rotated_key(key));
  REQUIRE(decoded);
  CHECK(decoded->key.id == key.key.id);
  CHECK(decoded->key.key == key.key.key);
  CHECK(decoded->created == noon);

  const std::string value = encode_rotated_key(key);
  for (const char* name : {"", "abc", "abcdef0g", "abcdef011", "00000000", "+bcdef01", "-0000001"}) {
    CAPTURE(name);
    CHECK_FALSE(decode_rotated_key(name, value));
  }
  for (const std::string& bad : {std::string(), std::string("1"), std::string("x ") + std::string(64, '0'),
                                 value.substr(0, value.size() - 1), value + "0", "-1 " + std::string(64, '0'),
                                 "99999999999 " + std::string(64, '0'), "1 " + std::string(64, 'g')}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_rotated_key("abcdef01", bad));
  }
  // Id 0 is the base key's and cannot be replaced through the table.
  CookieKeyRing ring{CookieKey{}};
  ring.insert(rotated(0, noon), at(0s), noon);
  CHECK(ids(ring, at(2min)) == Ids{0});
}
