// Request line and request fields. The shared part is in parse_common.hpp.
#include "lbd/core/http1/authority.hpp"
#include "lbd/core/http1/parse_common.hpp"

namespace tandem::lbd::http1 {
namespace {

using detail::Cursor;

constexpr std::size_t longest_method = 32;

Method classify_method(std::string_view text) noexcept {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4: return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5: return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::other;
    case 6: return text == "DELETE" ? Method::delete_ : Method::other;
    case 7: return text == "OPTIONS" ? Method::options : Method::other;
    default: return Method::other;
  }
}

/// RFC 9112 section 2.2: one empty line before the request line is forgiven.
HeadState skip_empty_line(Cursor& cursor, RequestHead& head) noexcept {
  if (cursor.exhausted()) return HeadState::incomplete;
  if (*cursor.at == '\r' || *cursor.at == '\n') {
    if (const HeadState state = cursor.line_end(HeadError::bare_cr); state != HeadState::complete) {
      return state;
    }
    if (cursor.exhausted()) return HeadState::incomplete;
    if (*cursor.at == '\r' || *cursor.at == '\n') return cursor.fail(HeadError::leading_empty_lines);
  }
  head.start = cursor.offset();
  return HeadState::complete;
}

HeadState read_method(Cursor& cursor, RequestHead& head) noexcept {
  const char* const first = cursor.at;
  if (cursor.left() >= 4 && std::memcmp(first, "GET ", 4) == 0) {
    cursor.at += 4;
    head.method = Method::get;
    head.method_text = {head.start, 3};
    return HeadState::complete;
  }
  cursor.skip_run<detail::TokenRun>();
  const auto size = static_cast<std::size_t>(cursor.at - first);
  if (size > longest_method) return cursor.fail(HeadError::method_too_long);
  if (cursor.exhausted()) return HeadState::incomplete;
  if (size == 0 || *cursor.at != ' ') return cursor.fail(HeadError::method_invalid);
  const std::string_view text{first, size};
  if (text == "CONNECT") return cursor.fail(HeadError::method_connect);
  if (text == "PRI") return cursor.fail(HeadError::http2_preface);
  head.method = classify_method(text);
  head.method_text = {head.start, static_cast<std::uint32_t>(size)};
  ++cursor.at;
  return HeadState::complete;
}

/// Splits "http://authority/path" once the target is known; false if it has another scheme.
bool split_absolute(RequestHead& head) noexcept {
  const std::string_view text = head.text({head.target.offset, head.path.size});
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(colon, 3) != "://") return false;
  const std::string_view scheme = text.substr(0, colon);
  if (!equal_no_case(scheme, "http") && !equal_no_case(scheme, "https")) return false;
  const std::size_t begin = colon + 3;
  const std::size_t end = std::min(text.find('/', begin), text.size());
  head.authority = {head.target.offset + static_cast<std::uint32_t>(begin),
                    static_cast<std::uint32_t>(end - begin)};
  head.path = {head.authority.end(), static_cast<std::uint32_t>(text.size() - end)};
  return true;
}

HeadState finish_target(Cursor& cursor, RequestHead& head) noexcept {
  const std::string_view target = head.text(head.target);
  if (target.front() == '/') {
    head.form = TargetForm::origin;
    return HeadState::complete;
  }
  if (target == "*") {
    if (head.method != Method::options) return cursor.fail(HeadError::target_invalid);
    head.form = TargetForm::asterisk;
    head.path.size = 0;
    return HeadState::complete;
  }
  if (!split_absolute(head)) return cursor.fail(HeadError::target_invalid);
  head.form = TargetForm::absolute;
  if (!detail::valid_authority(head.text(head.authority), cursor.begin)) {
    return cursor.fail(HeadError::authority_invalid);
  }
  return HeadState::complete;
}

HeadState read_target(Cursor& cursor, RequestHead& head) noexcept {
  const std::uint32_t first = cursor.offset();
  cursor.skip_run<detail::PathRun>();
  head.path = {first, cursor.offset() - first};
  head.query = {};
  if (!cursor.exhausted() && *cursor.at == '?') {
    const std::uint32_t query = cursor.offset() + 1;
    ++cursor.at;
    cursor.skip_run<detail::QueryRun>();
    head.query = {query, cursor.offset() - query};
  }
  if (cursor.exhausted()) return HeadState::incomplete;
  head.target = {first, cursor.offset() - first};
  if (*cursor.at != ' ') {
    const bool line_ends = *cursor.at == '\r' || *cursor.at == '\n';  // HTTP/0.9
    return cursor.fail(line_ends && head.target.size > 0 ? HeadError::version_malformed
                                                         : HeadError::target_invalid);
  }
  if (head.target.size == 0) return cursor.fail(HeadError::target_invalid);
  ++cursor.at;
  return finish_target(cursor, head);
}

HeadState read_request_line(Cursor& cursor, RequestHead& head) noexcept {
  HeadState state = skip_empty_line(cursor, head);
  if (state != HeadState::complete) return state;
  state = read_method(cursor, head);
  if (state != HeadState::complete) return state;
  state = read_target(cursor, head);
  if (state != HeadState::complete) return state;
  state = detail::read_version(cursor, head);
  if (state != HeadState::complete) return state;
  return cursor.line_end(HeadError::version_malformed);
}

struct RequestFields {
  RequestHead& head;
  detail::ConnectionOptions connection;
  std::uint64_t length = 0;

  HeadError operator()(const Field& field) noexcept {
    switch (field.id) {
      case FieldId::host: return on_host(field);
      case FieldId::expect:
        if (head.minor_version == 0) return HeadError::none;  // RFC 9110 section 10.1.1
        head.expect_continue = equal_no_case(head.value(field), "100-continue");
        return head.expect_continue ? HeadError::none : HeadError::expect_unsupported;
      case FieldId::te:
        head.te_trailers = head.te_trailers || list_has_token(head.value(field), "trailers");
        return HeadError::none;
      default: return detail::read_common_field(field, length, connection, head);
    }
  }

  HeadError on_host(const Field& field) noexcept {
    if (head.present.has(FieldId::host)) return HeadError::host_duplicate;
    if (!detail::valid_authority(head.value(field), head.base)) return HeadError::host_invalid;
    // RFC 9112 section 3.2.2: the authority of an absolute target wins.
    if (head.form != TargetForm::absolute) head.authority = {field.value_offset, field.value_size};
    return HeadError::none;
  }

  HeadError finish() noexcept {
    if (const HeadError error = detail::check_framing(head); error != HeadError::none) return error;
    if (head.minor_version == 1 && !head.present.has(FieldId::host)) return HeadError::host_missing;
    if (head.present.has(FieldId::transfer_encoding)) {
      head.framing = {BodyKind::chunked, 0};
    } else if (head.present.has(FieldId::content_length)) {
      head.framing = {BodyKind::length, length};
    }
    head.keep_alive = detail::keeps_alive(head, connection);
    // A body before the switch would have two readers: such a request stays plain HTTP.
    head.upgrade = detail::upgrades(head) && head.framing.empty();
    return HeadError::none;
  }
};

HeadState parse(Cursor& cursor, std::span<Field> storage, RequestHead& head) noexcept {
  if (const HeadState state = read_request_line(cursor, head); state != HeadState::complete) {
    return state;
  }
  RequestFields fields{head, {}};
  if (const HeadState state = detail::read_fields(cursor, storage, head, fields);
      state != HeadState::complete) {
    return state;
  }
  const HeadError error = fields.finish();
  return error == HeadError::none ? HeadState::complete : cursor.fail(error);
}

}  // namespace

HeadResult parse_request_head(std::string_view bytes, const HeadLimits& limits,
                              std::span<Field> storage, HeadProgress& progress,
                              RequestHead& head) noexcept {
  head = RequestHead{};
  head.base = bytes.data();
  return detail::run_parser(bytes, limits, progress, head, [&](Cursor& cursor) {
    return parse(cursor, storage, head);
  });
}

}  // namespace tandem::lbd::http1
