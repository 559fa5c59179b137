#include "lbd/core/routing/wildcard.hpp"

namespace tandem::lbd {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Greedy with one point of return: when a later part fails, the last '*' takes one character more.
template <class Same>
bool match(std::string_view pattern, std::string_view text, Same same) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && same(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool wildcard_match(std::string_view pattern, std::string_view text) noexcept {
  return match(pattern, text, [](char a, char b) { return a == b; });
}

bool wildcard_match_no_case(std::string_view pattern, std::string_view text) noexcept {
  return match(pattern, text, [](char a, char b) { return a == lower(b); });
}

}  // namespace tandem::lbd
