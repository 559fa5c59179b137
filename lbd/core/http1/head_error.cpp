#include "lbd/core/http1/head_error.hpp"

#include <array>

namespace tandem::lbd::http1 {
namespace {

constexpr std::array<HeadErrorInfo, head_error_count> table = {{
    {"none", 0, "no error"},
    {"leading_empty_lines", 400, "more than one empty line before the request line"},
    {"bare_lf", 400, "a line ends in LF without CR"},
    {"bare_cr", 400, "a CR is not followed by LF"},
    {"method_invalid", 400, "the method is empty or holds foreign bytes (TLS on a clear port?)"},
    {"method_too_long", 501, "the method is longer than any known one"},
    {"method_connect", 501, "CONNECT is for forward proxies"},
    {"target_invalid", 400, "the request target is missing, of the wrong form, or holds bytes that no URI has"},
    {"target_too_long", 414, "the request line exceeds limits.head_bytes"},
    {"authority_invalid", 400, "the absolute target's authority is malformed or carries user information"},
    {"version_malformed", 400, "the protocol version is missing or not written as HTTP/digit.digit"},
    {"version_unsupported", 505, "the protocol version is neither HTTP/1.0 nor HTTP/1.1"},
    {"http2_preface", 505, "HTTP/2 with prior knowledge on a listener that speaks HTTP/1"},
    {"status_invalid", 400, "the status line is malformed or the status is outside 100..599"},
    {"field_name_invalid", 400, "a header line has no name or a name with bytes that are not allowed"},
    {"field_name_too_long", 431, "a header name is longer than 65535 bytes"},
    {"space_before_colon", 400, "a blank inside or after a header name"},
    {"obs_fold", 400, "a header line starts with a blank (folded line)"},
    {"field_value_invalid", 400, "a header value holds a control character"},
    {"too_many_fields", 431, "more header fields than limits.header_fields"},
    {"head_too_large", 431, "the head exceeds limits.head_bytes"},
    {"host_missing", 400, "an HTTP/1.1 request without Host"},
    {"host_duplicate", 400, "more than one Host field"},
    {"host_invalid", 400, "Host is empty or not a host with an optional port"},
    {"content_length_invalid", 400, "Content-Length is not a plain number"},
    {"content_length_too_large", 400, "Content-Length exceeds 2^63-1"},
    {"content_length_duplicate", 400, "more than one Content-Length field"},
    {"transfer_encoding_unsupported", 400, "Transfer-Encoding is something else than exactly \"chunked\""},
    {"transfer_encoding_duplicate", 400, "more than one Transfer-Encoding field"},
    {"transfer_encoding_in_http10", 400, "Transfer-Encoding in an HTTP/1.0 message"},
    {"length_and_transfer_encoding", 400, "Content-Length together with Transfer-Encoding"},
    {"expect_unsupported", 417, "Expect asks for something else than 100-continue"},
    {"chunk_size_invalid", 400, "a chunk size is not a plain hexadecimal number"},
    {"chunk_size_too_large", 400, "a chunk size exceeds 2^63-1"},
    {"chunk_extension_invalid", 400, "a chunk extension is malformed"},
    {"chunk_extension_too_long", 400, "chunk extensions exceed 4096 bytes"},
    {"chunk_data_unterminated", 400, "a chunk's data is not followed by CRLF"},
    {"trailer_too_large", 431, "the trailer section exceeds 8192 bytes"},
}};

}  // namespace

const HeadErrorInfo& info(HeadError error) noexcept { return table[static_cast<std::size_t>(error)]; }

}  // namespace tandem::lbd::http1
