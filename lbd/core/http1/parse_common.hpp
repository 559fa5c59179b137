// What request and response parsing share: line ends, the loop over field lines, the fields that
// frame the message, and the search for the end of a head that arrives in pieces. Internal.
#pragma once

#include <cstring>
#include <limits>

#include "lbd/core/http1/field_table.hpp"
#include "lbd/core/http1/parser.hpp"
#include "lbd/core/http1/scan.hpp"

namespace tandem::lbd::http1::detail {

/// A position in the bytes and the first error met there.
struct Cursor {
  const char* begin;
  const char* end;
  const char* at;
  HeadError error = HeadError::none;

  [[nodiscard]] bool exhausted() const { return at == end; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end - at); }
  [[nodiscard]] std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - begin); }
  [[nodiscard]] std::uint32_t offset() const { return offset(at); }

  HeadState fail(HeadError why) {
    error = why;
    return HeadState::error;
  }
  template <class Run>
  void skip_run() { at = scan<Run>(at, begin, end); }
  void skip_blanks() {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
  }
  /// Steps over CRLF. Anything else than a line end is the error `otherwise`.
  HeadState line_end(HeadError otherwise) {
    if (left() >= 2 && at[0] == '\r' && at[1] == '\n') {
      at += 2;
      return HeadState::complete;
    }
    if (exhausted()) return HeadState::incomplete;
    if (*at == '\n') return fail(HeadError::bare_lf);
    if (*at != '\r') return fail(otherwise);
    return left() < 2 ? HeadState::incomplete : fail(HeadError::bare_cr);
  }
};

/// What Connection fields said, while the head is being read.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
};

/// Any list of connection options.
void read_connection_list(std::string_view value, ConnectionOptions& options, MessageHead& head) noexcept;
[[nodiscard]] HeadError read_content_length(std::string_view value, std::uint64_t& length) noexcept;

inline void read_connection(std::string_view value, ConnectionOptions& options,
                            MessageHead& head) noexcept {
  constexpr std::string_view usual = "keep-alive";
  if (value.size() == usual.size() && same_folded(value.data(), usual.data(), usual.size())) {
    options.keep_alive = true;
  } else {
    read_connection_list(value, options, head);
  }
}

/// Any version, as far as it has arrived. By value: the address of a cursor that outlives the call
/// would keep it out of registers in the parser's loop.
struct VersionResult {
  HeadState state = HeadState::complete;
  HeadError error = HeadError::none;
  std::uint8_t minor_version = 1;
};
[[nodiscard]] VersionResult read_any_version(std::string_view bytes) noexcept;

/// "HTTP/1.1" or "HTTP/1.0". What may follow is the caller's affair.
inline HeadState read_version(Cursor& cursor, MessageHead& head) noexcept {
  constexpr std::string_view current = "HTTP/1.1";
  if (cursor.left() < current.size() || std::memcmp(cursor.at, current.data(), current.size()) != 0) {
    const VersionResult version = read_any_version({cursor.at, cursor.left()});
    if (version.state != HeadState::complete) {
      cursor.error = version.error;
      return version.state;
    }
    head.minor_version = version.minor_version;
  }
  cursor.at += current.size();
  return HeadState::complete;
}

/// Fields that mean the same in requests and responses. `length` receives Content-Length.
inline HeadError read_common_field(const Field& field, std::uint64_t& length,
                                   ConnectionOptions& options, MessageHead& head) noexcept {
  switch (field.id) {
    case FieldId::connection:
      read_connection(head.value(field), options, head);
      return HeadError::none;
    case FieldId::content_length:
      if (head.present.has(field.id)) return HeadError::content_length_duplicate;
      return read_content_length(head.value(field), length);
    case FieldId::transfer_encoding:
      if (head.present.has(field.id)) return HeadError::transfer_encoding_duplicate;
      return equal_no_case(head.value(field), "chunked") ? HeadError::none
                                                         : HeadError::transfer_encoding_unsupported;
    default:
      return HeadError::none;
  }
}

/// Content-Length and Transfer-Encoding against each other and the version; not yet the body.
inline HeadError check_framing(const MessageHead& head) noexcept {
  if (!head.present.has(FieldId::transfer_encoding)) return HeadError::none;
  if (head.present.has(FieldId::content_length)) return HeadError::length_and_transfer_encoding;
  return head.minor_version == 0 ? HeadError::transfer_encoding_in_http10 : HeadError::none;
}

inline bool keeps_alive(const MessageHead& head, const ConnectionOptions& options) noexcept {
  return !options.close && (head.minor_version == 1 || options.keep_alive);
}

/// Both sides must name it in Connection; h2c would carry requests past every rule of ours.
inline bool upgrades(const MessageHead& head) noexcept {
  return head.connection_upgrade && head.minor_version == 1 && head.present.has(FieldId::upgrade) &&
         !list_has_token(head.value(*head.find(FieldId::upgrade)), "h2c");
}

/// One field line up to its CRLF.
HeadState read_field(Cursor& cursor, Field& field) noexcept;

/// Of the bytes that a value may hold, only the two blanks are not above the blank.
inline bool is_blank_in_value(char c) noexcept { return static_cast<unsigned char>(c) <= ' '; }

/// The usual line, "Name: value" with letters, digits and '-' in the name and no more blanks than that
/// one. Returns the start of the next line, or nullptr: then read_field() has to look.
[[gnu::always_inline]] inline const char* read_plain_field(const char* line, const char* begin, const char* end,
                                    Field& field) noexcept {
  const char* const colon = scan_fast<TokenRun>(line, begin, end);
  const auto name_size = static_cast<std::size_t>(colon - line);
  if (colon == end || *colon != ':') return nullptr;
  if (name_size - 1 >= std::numeric_limits<std::uint16_t>::max()) return nullptr;  // 0 or too long
  const char* value = colon + 1;
  if (value != end && *value == ' ') ++value;
  const char* const value_end = scan_fast<ValueRun>(value, begin, end);
  if (end - value_end < 2 || std::memcmp(value_end, "\r\n", 2) != 0) return nullptr;
  if (value != value_end && (is_blank_in_value(*value) || is_blank_in_value(value_end[-1]))) return nullptr;
  field.name_offset = static_cast<std::uint32_t>(line - begin);
  field.value_offset = static_cast<std::uint32_t>(value - begin);
  field.value_size = static_cast<std::uint32_t>(value_end - value);
  field.name_size = static_cast<std::uint16_t>(name_size);
  field.id = recognise({line, name_size});
  return value_end + 2;
}

/// All field lines and the empty line behind them. `on_field(const Field&) -> HeadError` is called for
/// recognised names, before head.present holds them.
template <class OnField>
inline HeadState read_fields(Cursor& cursor, std::span<Field> storage, MessageHead& head,
                             OnField& on_field) noexcept {
  const char* const begin = cursor.begin;
  const char* const end = cursor.end;
  const char* at = cursor.at;
  Field* field = storage.data();
  Field* const last = field + storage.size();
  head.fields_begin = cursor.offset();
  for (;; ++field) {
    if (at == end) return HeadState::incomplete;
    if (static_cast<unsigned char>(*at) <= '\r' && (*at == '\r' || *at == '\n')) break;
    if (field == last) {
      cursor.at = at;
      return cursor.fail(HeadError::too_many_fields);
    }
    if (const char* const next = read_plain_field(at, begin, end, *field); next != nullptr) {
      at = next;
    } else {
      Cursor careful{begin, end, at};
      const HeadState state = read_field(careful, *field);
      at = cursor.at = careful.at;
      cursor.error = careful.error;
      if (state != HeadState::complete) return state;
    }
    if (field->id != FieldId::other) {
      if (const HeadError error = on_field(*field); error != HeadError::none) {
        cursor.at = begin + field->name_offset;
        return cursor.fail(error);
      }
    }
    head.present.add(field->id);
  }
  cursor.at = at;
  head.fields_end = cursor.offset();
  head.fields = {storage.data(), field};
  const HeadState state = cursor.line_end(HeadError::bare_cr);
  head.size = cursor.offset();
  return state;
}

/// False if the head cannot have become complete since the last parse, nor has it grown enough to be
/// worth a look for errors. Reads each byte once over all calls.
[[nodiscard]] bool worth_parsing(std::string_view bytes, HeadProgress& progress) noexcept;

/// Runs one parse over what the limit lets us see and turns its outcome into the caller's result.
/// `parse(Cursor&) -> HeadState`.
template <class Parse>
inline HeadResult run_parser(std::string_view bytes, const HeadLimits& limits, HeadProgress& progress,
                             MessageHead& head, Parse&& parse) noexcept {
  const bool at_limit = bytes.size() >= limits.head_bytes;
  if (at_limit) bytes = bytes.substr(0, limits.head_bytes);
  if (!at_limit && progress.searched != 0 && !worth_parsing(bytes, progress)) return {};
  Cursor cursor{bytes.data(), bytes.data() + bytes.size(), bytes.data()};
  HeadState state = parse(cursor);
  if (state == HeadState::incomplete && at_limit) {
    state = cursor.fail(head.fields_begin == 0 ? HeadError::target_too_long : HeadError::head_too_large);
  }
  if (state == HeadState::incomplete) {
    progress.note_parsed(static_cast<std::uint32_t>(bytes.size()));
  }
  return {state, cursor.error, cursor.offset()};
}

}  // namespace tandem::lbd::http1::detail
