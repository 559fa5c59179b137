// Cookie fields and sticky values from outside: nothing but what was sealed opens.
#include <array>

#include "lbd/core/sticky/base64url.hpp"
#include "lbd/core/sticky/cookie.hpp"
#include "tests/fuzz/lbd/fuzz_support.hpp"
#include "tests/unit/lbd/core/fake_cipher.hpp"

using namespace tandem::lbd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field = fuzz::text(data, size);
  const auto value = find_cookie(field, "TANDEM");
  if (value) fuzz::require(value->data() >= field.data() && value->data() + value->size() <= field.data() + size);

  test::FakeCipher cipher;
  const auto opened = open_sticky_cookie(value.value_or(field), 77, 1'700'000'000, 3600, cipher);
  // The tag of the fake cipher is known, so an input that opens is one that somebody sealed.
  if (opened) fuzz::require(value.value_or(field).size() == cookie_text_size);

  // Decoding has one spelling per value.
  std::array<std::uint8_t, cookie_binary_size> bytes;
  if (detail::base64url_decode(field, bytes)) {
    std::array<char, cookie_text_size> text;
    detail::base64url_encode(bytes, text.data());
    fuzz::require(field == std::string_view(text.data(), text.size()));
  }
  return 0;
}
