#include "lbd/core/http1/parse_common.hpp"

namespace tandem::lbd::http1::detail {

VersionResult read_any_version(std::string_view bytes) noexcept {
  // The shape is checked byte by byte, so that a short line is an error as soon as it is there.
  constexpr std::string_view shape = "HTTP/d.d";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i == bytes.size()) return {HeadState::incomplete, HeadError::none};
    const bool fits = shape[i] == 'd' ? is(bytes[i], digit_char) : bytes[i] == shape[i];
    if (!fits) return {HeadState::error, HeadError::version_malformed};
  }
  const char major = bytes[5];
  const char minor = bytes[7];
  if (major != '1' || minor > '1') return {HeadState::error, HeadError::version_unsupported};
  return {HeadState::complete, HeadError::none, static_cast<std::uint8_t>(minor - '0')};
}

HeadState read_field(Cursor& cursor, Field& field) noexcept {
  const char* const name = cursor.at;
  cursor.skip_run<TokenRun>();
  if (cursor.exhausted()) return HeadState::incomplete;
  const auto name_size = static_cast<std::size_t>(cursor.at - name);
  if (*cursor.at != ':') {
    if (*cursor.at != ' ' && *cursor.at != '\t') return cursor.fail(HeadError::field_name_invalid);
    return cursor.fail(name_size == 0 ? HeadError::obs_fold : HeadError::space_before_colon);
  }
  if (name_size == 0) return cursor.fail(HeadError::field_name_invalid);
  if (name_size > std::numeric_limits<std::uint16_t>::max()) {
    return cursor.fail(HeadError::field_name_too_long);
  }
  ++cursor.at;
  cursor.skip_blanks();
  const char* const value = cursor.at;
  cursor.skip_run<ValueRun>();
  const char* value_end = cursor.at;
  if (const HeadState state = cursor.line_end(HeadError::field_value_invalid);
      state != HeadState::complete) {
    return state;
  }
  while (value_end != value && is_blank_in_value(value_end[-1])) --value_end;
  field.name_offset = cursor.offset(name);
  field.name_size = static_cast<std::uint16_t>(name_size);
  field.value_offset = cursor.offset(value);
  field.value_size = static_cast<std::uint32_t>(value_end - value);
  field.id = recognise({name, name_size});
  return HeadState::complete;
}

void read_connection_list(std::string_view value, ConnectionOptions& options, MessageHead& head) noexcept {
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
  if (value.empty()) return HeadError::content_length_invalid;
  std::uint64_t number = 0;
  bool too_large = false;
  for (const char c : value) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return HeadError::content_length_invalid;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    // most ends in 7, so a tenth of it may be followed by 0 to 7 only.
    too_large = too_large || number > most / 10 || (number == most / 10 && digit > most % 10);
    number = number * 10 + digit;
  }
  if (too_large) return HeadError::content_length_too_large;
  length = number;
  return HeadError::none;
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
