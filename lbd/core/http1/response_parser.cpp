// Status line and response fields. The shared part is in parse_common.hpp.
#include "lbd/core/http1/parse_common.hpp"

namespace tandem::lbd::http1 {
namespace {

using detail::Cursor;

/// Above 9 if it is none.
unsigned digit(char c) noexcept { return static_cast<unsigned char>(c) - unsigned{'0'}; }

HeadState read_status(Cursor& cursor, ResponseHead& head) noexcept {
  // Blank, three digits, then a blank or (many servers, without a reason) the end of the line.
  if (cursor.left() < 5) {
    const bool line_ends = std::memchr(cursor.at, '\n', cursor.left()) != nullptr;
    return line_ends ? cursor.fail(HeadError::status_invalid) : HeadState::incomplete;
  }
  const char* const at = cursor.at;
  const unsigned hundreds = digit(at[1]);
  const unsigned tens = digit(at[2]);
  const unsigned ones = digit(at[3]);
  const unsigned status = hundreds * 100 + tens * 10 + ones;
  if (at[0] != ' ' || hundreds < 1 || hundreds > 5 || tens > 9 || ones > 9 ||
      (at[4] != ' ' && at[4] != '\r' && at[4] != '\n')) {
    return cursor.fail(HeadError::status_invalid);
  }
  head.status = static_cast<std::uint16_t>(status);
  cursor.at += at[4] == ' ' ? 5 : 4;
  const char* const reason = cursor.at;
  cursor.skip_run<detail::ValueRun>();
  head.reason = {cursor.offset(reason), cursor.offset() - cursor.offset(reason)};
  return cursor.line_end(HeadError::status_invalid);
}

struct ResponseFields {
  ResponseHead& head;
  detail::ConnectionOptions connection;

  HeadError operator()(const Field& field) noexcept {
    return detail::read_common_field(field, head.content_length, connection, head);
  }

  /// RFC 9112 section 6.3, in its order.
  [[nodiscard]] Framing framing(bool to_head) const noexcept {
    if (to_head || head.status < 200 || head.status == 204 || head.status == 304) return {};
    if (head.present.has(FieldId::transfer_encoding)) return {BodyKind::chunked, 0};
    if (head.has_content_length) return {BodyKind::length, head.content_length};
    return {BodyKind::until_close, 0};
  }

  HeadError finish(bool to_head) noexcept {
    if (const HeadError error = detail::check_framing(head); error != HeadError::none) return error;
    head.has_content_length = head.present.has(FieldId::content_length);
    head.framing = framing(to_head);
    head.keep_alive =
        detail::keeps_alive(head, connection) && head.framing.kind != BodyKind::until_close;
    head.upgrade = head.status == 101 && detail::upgrades(head);
    return HeadError::none;
  }
};

HeadState parse(Cursor& cursor, std::span<Field> storage, bool to_head, ResponseHead& head) noexcept {
  HeadState state = detail::read_version(cursor, head);
  if (state != HeadState::complete) return state;
  state = read_status(cursor, head);
  if (state != HeadState::complete) return state;
  ResponseFields fields{head, {}};
  state = detail::read_fields(cursor, storage, head, fields);
  if (state != HeadState::complete) return state;
  const HeadError error = fields.finish(to_head);
  return error == HeadError::none ? HeadState::complete : cursor.fail(error);
}

}  // namespace

HeadResult parse_response_head(std::string_view bytes, const HeadLimits& limits,
                               std::span<Field> storage, bool to_head, HeadProgress& progress,
                               ResponseHead& head) noexcept {
  head = ResponseHead{};
  head.base = bytes.data();
  return detail::run_parser(bytes, limits, progress, head, [&](Cursor& cursor) {
    return parse(cursor, storage, to_head, head);
  });
}

}  // namespace tandem::lbd::http1
