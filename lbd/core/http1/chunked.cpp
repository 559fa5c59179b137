#include "lbd/core/http1/chunked.hpp"

#include <algorithm>
#include <limits>

#include "lbd/core/http1/parse_common.hpp"

namespace tandem::lbd::http1 {
namespace {

/// Recognised fields that must not arrive in a trailer (RFC 9110 section 6.5.1).
constexpr FieldSet forbidden(FieldId::connection, FieldId::content_length, FieldId::cookie,
                             FieldId::expect, FieldId::forwarded, FieldId::host,
                             FieldId::http2_settings, FieldId::keep_alive, FieldId::location,
                             FieldId::proxy_authenticate, FieldId::proxy_authentication_info,
                             FieldId::proxy_authorization, FieldId::proxy_connection,
                             FieldId::set_cookie, FieldId::te, FieldId::trailer,
                             FieldId::transfer_encoding, FieldId::upgrade, FieldId::via,
                             FieldId::x_forwarded_for, FieldId::x_forwarded_host,
                             FieldId::x_forwarded_proto);

constexpr std::array<std::string_view, 17> forbidden_names = {
    "authorization",  "www-authenticate", "cache-control", "content-encoding", "content-range",
    "content-type",   "range",            "if-match",      "if-none-match",    "if-modified-since",
    "if-range",       "if-unmodified-since", "max-forwards", "age",            "date",
    "retry-after",    "vary"};

bool is_forbidden(std::string_view name, FieldId id) noexcept {
  if (id != FieldId::other) return forbidden.has(id);
  return std::any_of(forbidden_names.begin(), forbidden_names.end(),
                     [name](std::string_view other) { return equal_no_case(name, other); });
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::fail(HeadError error, std::size_t consumed) noexcept {
  state_ = State::failed;
  return {Event::error, error, consumed, {}};
}

HeadError ChunkedDecoder::on_size_digit(char byte) noexcept {
  if (!detail::is(byte, detail::hex_char)) return HeadError::chunk_size_invalid;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (size_digits_ == 16 || remaining_ > (most >> 4)) return HeadError::chunk_size_too_large;
  const auto code = static_cast<unsigned char>(byte);
  const unsigned value = byte <= '9' ? code - unsigned{'0'} : (code | 0x20u) - unsigned{'a'} + 10;
  remaining_ = remaining_ << 4 | value;
  ++size_digits_;
  state_ = State::size;
  return HeadError::none;
}

HeadError ChunkedDecoder::on_extension_byte(char byte) noexcept {
  const bool first = state_ == State::extension_first;
  if (byte == '\r' && !first) {
    state_ = State::size_lf;
    return HeadError::none;
  }
  if (byte == '\n') return HeadError::bare_lf;
  // A name must follow ';' (blanks may stand before it). The rest is only bounded and clean: it is
  // dropped, so that nobody behind us has to agree on its grammar.
  const bool allowed = first ? detail::is(byte, detail::token_char) || byte == ' ' || byte == '\t'
                             : detail::is(byte, detail::value_char);
  if (!allowed) return HeadError::chunk_extension_invalid;
  if (++extension_bytes_ > max_extension_bytes) return HeadError::chunk_extension_too_long;
  if (byte != ' ' && byte != '\t') state_ = State::extension;
  return HeadError::none;
}

HeadError ChunkedDecoder::on_line_byte(char byte) noexcept {
  switch (state_) {
    case State::size_first:
      return on_size_digit(byte);
    case State::size:
      if (byte == '\r') {
        state_ = State::size_lf;
        return HeadError::none;
      }
      if (byte == ';') {
        state_ = State::extension_first;
        return HeadError::none;
      }
      if (byte == '\n') return HeadError::bare_lf;
      return on_size_digit(byte);
    case State::size_lf:
      if (byte != '\n') return HeadError::bare_cr;
      state_ = remaining_ == 0 ? State::trailer : State::data;
      size_digits_ = 0;
      return HeadError::none;
    case State::data_cr:
      if (byte != '\r') return HeadError::chunk_data_unterminated;
      state_ = State::data_lf;
      return HeadError::none;
    case State::data_lf:
      if (byte != '\n') return HeadError::chunk_data_unterminated;
      state_ = State::size_first;
      return HeadError::none;
    default:
      return on_extension_byte(byte);
  }
}

ChunkedDecoder::Step ChunkedDecoder::next_trailer(std::string_view input, std::size_t at) noexcept {
  for (;;) {
    const std::string_view rest = input.substr(at);
    const std::size_t lf = rest.find('\n', trailer_scanned_);
    const std::size_t line_bytes = lf == std::string_view::npos ? rest.size() : lf + 1;
    if (trailer_bytes_ + line_bytes > max_trailer_bytes) return fail(HeadError::trailer_too_large, at);
    if (lf == std::string_view::npos) {
      trailer_scanned_ = static_cast<std::uint32_t>(rest.size());
      return {Event::need_more, HeadError::none, at, {}};
    }
    trailer_scanned_ = 0;
    trailer_bytes_ += static_cast<std::uint32_t>(line_bytes);
    const std::string_view line = rest.substr(0, line_bytes);
    if (line == "\r\n") {
      state_ = State::done;
      return {Event::end, HeadError::none, at + line_bytes, {}};
    }
    if (line == "\n") return fail(HeadError::bare_lf, at);
    detail::Cursor cursor{line.data(), line.data() + line.size(), line.data()};
    Field field;
    // A line that holds its LF is complete or wrong, never incomplete.
    if (detail::read_field(cursor, field) != HeadState::complete) return fail(cursor.error, at);
    at += line_bytes;
    if (!is_forbidden(line.substr(0, field.name_size), field.id)) {
      return {Event::trailer, HeadError::none, at, line};
    }
    ++dropped_trailers_;
  }
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) noexcept {
  std::size_t at = 0;
  for (;;) {
    switch (state_) {
      case State::trailer:
        return next_trailer(input, at);
      case State::done:
        return {Event::end, HeadError::none, at, {}};
      case State::failed:
        return {Event::error, HeadError::chunk_size_invalid, at, {}};
      default:
        break;
    }
    if (at == input.size()) return {Event::need_more, HeadError::none, at, {}};
    if (state_ == State::data) {
      const std::size_t size = static_cast<std::size_t>(
          std::min<std::uint64_t>(remaining_, input.size() - at));
      remaining_ -= size;
      if (remaining_ == 0) state_ = State::data_cr;
      return {Event::data, HeadError::none, at + size, input.substr(at, size)};
    }
    const HeadError error = on_line_byte(input[at]);
    if (error != HeadError::none) return fail(error, at);
    ++at;
  }
}

std::size_t write_chunk_header(std::span<char, max_chunk_header> out, std::uint64_t size) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto count = static_cast<std::size_t>(std::numeric_limits<std::uint64_t>::digits -
                                              __builtin_clzll(size | 1) + 3) / 4;
  for (std::size_t i = count; i-- > 0; size >>= 4) out[i] = digits[size & 0xf];
  out[count] = '\r';
  out[count + 1] = '\n';
  return count + 2;
}

}  // namespace tandem::lbd::http1
