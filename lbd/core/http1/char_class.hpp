// Character classes of HTTP/1 as one table of bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem::lbd::http1::detail {

enum CharClass : std::uint8_t {
  token_char = 1,   // RFC 9110 section 5.6.2
  value_char = 2,   // field value and reason phrase: HTAB, SP, visible, obs-text
  path_char = 4,    // of a request target before '?'
  query_char = 8,   // after '?'
  host_char = 16,   // registered name (RFC 3986 section 3.2.2) without ',', which joins duplicates
  hex_char = 32,
  digit_char = 64,
};

// Targets: visible ASCII. '#' begins a fragment, which is never sent; '"', '<' and '>' are in no URI.
// '\' is refused in paths (some servers take it for '/'), while browsers do send it in queries.
constexpr std::uint8_t classify(unsigned c) {
  const bool digit = c >= '0' && c <= '9';
  const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const auto in = [c](std::string_view set) {
    return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
  };
  std::uint8_t bits = 0;
  const auto set_if = [&bits](bool yes, CharClass bit) {
    if (yes) bits = static_cast<std::uint8_t>(bits | bit);
  };
  set_if(digit || alpha || in("!#$%&'*+-.^_`|~"), token_char);
  set_if(c == '\t' || (c >= 0x20 && c != 0x7f), value_char);
  set_if(c > 0x20 && c < 0x7f && !in("\"#<>\\?"), path_char);
  set_if(c > 0x20 && c < 0x7f && !in("\"#<>"), query_char);
  set_if(digit || alpha || in("-._~%!$&'()*+;="), host_char);
  set_if(digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'), hex_char);
  set_if(digit, digit_char);
  return bits;
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = classify(c);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

inline bool is(char c, CharClass wanted) noexcept {
  return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace tandem::lbd::http1::detail
