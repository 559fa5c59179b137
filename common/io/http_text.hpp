// HTTP/1.1 as text, as far as the control sockets need it: pure, bounded, safe on any bytes.
//
// One exchange per connection, so there is no framing to get wrong: a request has a
// Content-Length or no body, a response ends with its Content-Length or with the connection.
// Not for the data path, whose parser is strict about much more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/io/http_message.hpp"

namespace tandem::io {

inline constexpr std::size_t max_head_bytes = 16 * 1024;
inline constexpr std::size_t max_body_bytes = 1024 * 1024;
inline constexpr std::size_t max_line_bytes = 1024 * 1024;

/// The head has not ended yet: read more and parse again from the start.
struct Incomplete {};

/// Answer this status and close.
struct Refusal {
  int status = 400;
  std::string message;
};

struct RequestHead {
  std::string method;
  std::string path;
  std::string query;
  std::size_t body_bytes = 0;  // at most max_body_bytes
  std::size_t head_bytes = 0;  // where the body begins
  bool expects_continue = false;
};

/// Parses the head at the start of `bytes`. Lines end in CRLF or LF. A head that is longer than
/// max_head_bytes is refused, as is a request with Transfer-Encoding or with two lengths.
std::variant<Incomplete, RequestHead, Refusal> parse_request_head(std::string_view bytes);

struct ResponseHead {
  int status = 0;
  std::string content_type;
  std::optional<std::size_t> body_bytes;  // nullopt: until the connection closes
  std::size_t head_bytes = 0;
};

/// As parse_request_head. Interim (1xx) responses are not skipped: the caller asked for none.
std::variant<Incomplete, ResponseHead, Refusal> parse_response_head(std::string_view bytes);

/// Head and body of `response`, closing. `allow` becomes an Allow field unless it is empty.
std::string response_text(const HttpResponse& response, std::string_view allow, bool with_body);

/// Head of an endless response of JSON lines.
std::string stream_head_text();

/// Head and body of a request to a control socket.
std::string request_text(std::string_view method, std::string_view target, std::string_view body);

/// The reason phrase of RFC 9110 section 15 for the statuses in use here.
std::string_view reason_phrase(int status);

/// Cuts a stream of bytes into lines.
class LineSplitter {
 public:
  /// Calls `on_line` with each line that `bytes` completes, without its end; stops early when
  /// `on_line` returns false. False if it was stopped or a line exceeds max_line_bytes.
  template <class OnLine>
  bool feed(std::string_view bytes, OnLine on_line) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      partial_.append(bytes.substr(0, end));
      if (partial_.size() > max_line_bytes) return false;
      if (end == std::string_view::npos) return true;
      bytes.remove_prefix(end + 1);
      std::string line;
      line.swap(partial_);
      if (!on_line(std::string_view(line))) return false;
    }
    return true;
  }

 private:
  std::string partial_;  // the beginning of a line whose end has not come yet
};

}  // namespace tandem::io
