// Why a message head or a chunked body is refused: one name per cause, one table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::lbd::http1 {

/// Every refusal of the HTTP/1 parsers. In a request each one is answered with the status of its
/// row and the connection closes; from a backend each one is a bad response (502).
enum class HeadError : std::uint8_t {
  none,
  leading_empty_lines,        // more than one CRLF before the request line
  bare_lf,                    // LF without CR
  bare_cr,                    // CR without LF
  method_invalid,
  method_too_long,
  method_connect,
  target_invalid,             // missing, bytes that no URI has, or a form the method does not allow
  target_too_long,            // the request line alone exceeds the limit of the head
  authority_invalid,          // absolute-form with a malformed authority, or user information
  version_malformed,          // "http/1.1", "HTTP/1.10", "HTTP/01.1", none (HTTP/0.9)
  version_unsupported,        // well-formed, neither 1.0 nor 1.1
  http2_preface,
  status_invalid,             // status line malformed or status outside 100..599
  field_name_invalid,         // empty, or bytes outside token
  field_name_too_long,        // more than 65535 bytes
  space_before_colon,
  obs_fold,                   // a line that starts with a blank
  field_value_invalid,        // NUL or another control character
  too_many_fields,
  head_too_large,
  host_missing,
  host_duplicate,
  host_invalid,
  content_length_invalid,     // not digits only ("5, 5", "+5", empty)
  content_length_too_large,   // above 2^63-1
  content_length_duplicate,   // even when equal
  transfer_encoding_unsupported,  // anything but exactly one "chunked"
  transfer_encoding_duplicate,
  transfer_encoding_in_http10,
  length_and_transfer_encoding,   // Content-Length together with Transfer-Encoding
  expect_unsupported,         // Expect with anything but "100-continue"
  chunk_size_invalid,
  chunk_size_too_large,       // above 2^63-1
  chunk_extension_invalid,
  chunk_extension_too_long,
  chunk_data_unterminated,    // no CRLF after the chunk's data
  trailer_too_large,
};

inline constexpr std::size_t head_error_count =
    static_cast<std::size_t>(HeadError::trailer_too_large) + 1;

struct HeadErrorInfo {
  std::string_view code;      // stable, for logs, counters and our replies: "content_length_duplicate"
  std::uint16_t http_status;  // of our reply when a client sent it; 0 for none
  std::string_view sentence;  // for the operator
};

/// The row of an error. Views live for ever.
[[nodiscard]] const HeadErrorInfo& info(HeadError error) noexcept;

}  // namespace tandem::lbd::http1
