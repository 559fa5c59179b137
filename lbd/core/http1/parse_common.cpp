#include "lbd/core/http1/parse_common.hpp"

namespace tandem::lbd::http1::detail {

HeadState read_version(Cursor& cursor, MessageHead& head) noexcept {
  constexpr std::string_view current = "HTTP/1.1";
  if (cursor.left() >= current.size()) {
    if (std::memcmp(cursor.at, current.data(), current.size()) == 0) {
      cursor.at += current.size();
      return HeadState::complete;
    }
  }
  // The shape is checked byte by byte, so that a short line is an error as soon as it is there.
  constexpr std::string_view shape = "HTTP/d.d";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i == cursor.left()) return HeadState::incomplete;
    const bool fits = shape[i] == 'd' ? is(cursor.at[i], digit_char) : cursor.at[i] == shape[i];
    if (!fits) return cursor.fail(HeadError::version_malformed);
  }
  const char major = cursor.at[5];
  const char minor = cursor.at[7];
  cursor.at += shape.size();
  if (major != '1' || minor > '1') return cursor.fail(HeadError::version_unsupported);
  head.minor_version = static_cast<std::uint8_t>(minor - '0');
  return HeadState::complete;
}

void read_connection(std::string_view value, ConnectionOptions& options, MessageHead& head) noexcept {
  for_each_token(value, [&options, &head](std::string_view option) {
    if (equal_no_case(option, "keep-alive")) {
      options.keep_alive = true;
    } else if (equal_no_case(option, "close")) {
      options.close = true;
    } else if (equal_no_case(option, "upgrade")) {
      head.connection_upgrade = true;
    } else if (!equal_no_case(option, "te")) {
      head.connection_names = true;
    }
  });
}

HeadError read_content_length(std::string_view value, std::uint64_t& length) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (value.empty()) return HeadError::content_length_invalid;
  std::uint64_t number = 0;
  bool too_large = false;
  for (const char c : value) {
    if (!is(c, digit_char)) return HeadError::content_length_invalid;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    too_large = too_large || number > (most - digit) / 10;
    if (!too_large) number = number * 10 + digit;
  }
  length = number;
  return too_large ? HeadError::content_length_too_large : HeadError::none;
}

namespace {

/// Looks for LF LF or LF CR and one more byte from progress.searched on: the end of the head, or what
/// is wrong instead of it. Leaves progress at the first byte that the next call has to see again.
bool find_end(std::string_view bytes, HeadProgress& progress) noexcept {
  std::size_t at = progress.searched;
  for (;;) {
    at = bytes.find('\n', at);
    if (at == std::string_view::npos) {
      progress.searched = static_cast<std::uint32_t>(bytes.size());
      return false;
    }
    const std::string_view after = bytes.substr(at + 1, 2);
    if (after.starts_with('\n') || (after.starts_with('\r') && after.size() == 2)) return true;
    if (after.empty() || after == "\r") {
      progress.searched = static_cast<std::uint32_t>(at);
      return false;
    }
    ++at;
  }
}

}  // namespace

bool worth_parsing(std::string_view bytes, HeadProgress& progress) noexcept {
  // Garbage that never ends is noticed when it has doubled: the sum of all parses stays O(bytes).
  return bytes.size() >= progress.next_parse || find_end(bytes, progress);
}

}  // namespace tandem::lbd::http1::detail
