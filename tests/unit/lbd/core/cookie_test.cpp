#include "lbd/core/sticky/cookie.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <string>
#include <vector>

#include "lbd/core/sticky/base64url.hpp"
#include "lbd/core/sticky/identity.hpp"
#include "lbd/core/rng.hpp"
#include "tests/unit/lbd/core/fake_cipher.hpp"
#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd;
using test::FakeCipher;

namespace {

constexpr std::uint64_t group = 77;
constexpr std::uint64_t backend = 0x0123456789abcdefULL;
constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t ttl = 3600;

std::string line(FakeCipher& cipher, bool secure = false) {
  std::array<char, max_set_cookie_line + 6> out;
  return std::string(write_sticky_cookie(out, "TANDEM", group, backend, now, ttl, secure, cipher));
}

std::string value(FakeCipher& cipher) {
  const std::string text = line(cipher);
  return text.substr(text.find('=') + 1, cookie_text_size);
}

}  // namespace

TEST_CASE("the line") {
  FakeCipher cipher;
  const std::string text = line(cipher);
  CHECK(text.starts_with("Set-Cookie: TANDEM="));
  CHECK(text.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600\r\n"));
  CHECK(text.size() == 19 + cookie_text_size + 48);
  CHECK(line(cipher, true).ends_with("; Max-Age=3600; Secure\r\n"));
  for (const char c : value(cipher)) CHECK((std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'));
  std::array<char, 100> small;
  CHECK(write_sticky_cookie(small, "TANDEM", group, backend, now, ttl, false, cipher).empty());
  cipher.sealing.reset();
  CHECK(line(cipher).empty());
  cipher.sealing = 9;  // a key that does not exist
  CHECK(line(cipher).empty());
}

TEST_CASE("what was sealed opens, for the same group and in its time") {
  FakeCipher cipher;
  const std::string text = value(cipher);
  const auto open = [&](std::uint64_t in_group, std::int64_t at) {
    return open_sticky_cookie(text, in_group, at, ttl, cipher);
  };
  REQUIRE(open(group, now));
  CHECK(open(group, now)->backend_identity == backend);
  CHECK_FALSE(open(group, now)->refresh);
  CHECK_FALSE(open(group, now + ttl / 8)->refresh);
  CHECK(open(group, now + ttl / 8 + 1)->refresh);
  CHECK(open(group, now + ttl));
  CHECK_FALSE(open(group, now + ttl + 1));
  CHECK(open(group, now - 60));
  CHECK_FALSE(open(group, now - 61));
  CHECK_FALSE(open(group + 1, now));
  cipher.sealing = 2;
  CHECK(open(group, now)->refresh);  // sealed with the key before
  cipher.keys.erase(1);
  CHECK_FALSE(open(group, now));
}

TEST_CASE("every changed character makes it foreign") {
  FakeCipher cipher;
  const std::string text = value(cipher);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'A', 'B', '_', '=', ' ', '+'}) {
      std::string changed = text;
      if (changed[at] == c) continue;
      changed[at] = c;
      CAPTURE(changed);
      CHECK_FALSE(open_sticky_cookie(changed, group, now, ttl, cipher));
    }
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK_FALSE(open_sticky_cookie(text.substr(0, size), group, now, ttl, cipher));
  }
  CHECK_FALSE(open_sticky_cookie(text + "A", group, now, ttl, cipher));
}

TEST_CASE("base64url") {
  const auto encode = [](const std::string& text) {
    std::string out(detail::base64url_size(text.size()), '?');
    detail::base64url_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, out.data());
    return out;
  };
  CHECK(encode("") == "");  // RFC 4648 section 10, without padding
  CHECK(encode("f") == "Zg");
  CHECK(encode("fo") == "Zm8");
  CHECK(encode("foo") == "Zm9v");
  CHECK(encode("foobar") == "Zm9vYmFy");
  CHECK(encode("\xff\xff\xfe") == "___-");
  Rng rng(4);
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
    std::string text(detail::base64url_size(size), '?');
    detail::base64url_encode(bytes, text.data());
    std::vector<std::uint8_t> back(size);
    CHECK(detail::base64url_decode(text, back));
    CHECK(back == bytes);
  }
  std::array<std::uint8_t, 1> one;
  CHECK(detail::base64url_decode("Zg", one));
  CHECK_FALSE(detail::base64url_decode("Zh", one));  // unused bits set
  CHECK_FALSE(detail::base64url_decode("Z", one));
}

TEST_CASE("finding a cookie") {
  const auto find = [](std::string_view field, std::string_view name) {
    return std::string(find_cookie(field, name).value_or("<none>"));
  };
  CHECK(find("a=1; T=x; b=2", "T") == "x");
  CHECK(find("T=x", "T") == "x");
  CHECK(find("T=", "T") == "");
  CHECK(find("T", "T") == "<none>");
  CHECK(find("", "T") == "<none>");
  CHECK(find("XT=1;T=2", "T") == "2");
  CHECK(find("t=1", "T") == "<none>");
  CHECK(find("T=a=b", "T") == "a=b");
  CHECK(find("T=\"q\"", "T") == "q");
  CHECK(find("T=\"", "T") == "\"");
  CHECK(find(";;  T = 1 ;", "T") == "1");
  CHECK(find("T=1; T=2", "T") == "1");
  CHECK(find("a=T=1", "T") == "<none>");
  const auto parsed = http1::test::parse_request("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: T=2\r\n\r\n");
  CHECK(find_cookie(parsed->head, "T").value_or("") == "2");
  CHECK_FALSE(find_cookie(parsed->head, "b"));
}

TEST_CASE("identities of groups are fixed for ever") {
  CHECK(group_identity("shop") == group_identity("shop"));
  CHECK(group_identity("shop") != group_identity("shop2"));
  CHECK(group_identity("a") == 0xaf63dc4c8601ec8cULL);  // FNV-1a's published vector
}
