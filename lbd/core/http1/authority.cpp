#include "lbd/core/http1/authority.hpp"

#include "lbd/core/http1/scan.hpp"

namespace tandem::lbd::http1::detail {
namespace {

constexpr std::size_t longest_authority = 261;  // DNS: 255, and ":65535"

bool valid_port(const char* at, const char* end) noexcept {
  unsigned port = 0;
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65535) return false;
  }
  return true;
}

/// After "[": hexadecimal digits, ':' and '.', at least two of them, then "]".
bool skip_ip_literal(const char*& at, const char* end) noexcept {
  const char* const first = at;
  while (at != end && (is(*at, hex_char) || *at == ':' || *at == '.')) ++at;
  if (at - first < 2 || at == end || *at != ']') return false;
  ++at;
  return true;
}

}  // namespace

bool valid_authority(std::string_view text, const char* readable) noexcept {
  if (text.size() > longest_authority) return false;
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.starts_with('[')) {
    if (!skip_ip_literal(++at, end)) return false;
  } else {
    at = scan<HostRun>(at, readable, end);
    if (at == text.data()) return false;
  }
  if (at == end) return true;
  return *at == ':' && valid_port(at + 1, end);
}

}  // namespace tandem::lbd::http1::detail
