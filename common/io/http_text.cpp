#include "common/io/http_text.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <utility>

namespace tandem::io {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// tchar of RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
    if (!alphanumeric && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
  }
  return true;
}

bool is_visible(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return false;
  }
  return true;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The lines of a head, and where it ends.
class HeadLines {
 public:
  explicit HeadLines(std::string_view bytes) : rest_(bytes) {}

  // The next line without its end; nullopt when it is not complete.
  std::optional<std::string_view> next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    consumed_ += end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  [[nodiscard]] std::size_t consumed() const { return consumed_; }

 private:
  std::string_view rest_;
  std::size_t consumed_ = 0;
};

struct Field {
  std::string_view name;
  std::string_view value;
};

std::optional<Field> parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
  return Field{line.substr(0, colon), trim(line.substr(colon + 1))};
}

// Reads fields up to the empty line. `on_field` returns a refusal or nullopt.
template <class OnField>
std::variant<Incomplete, Refusal, std::monostate> read_fields(HeadLines& lines, OnField on_field) {
  while (true) {
    const auto line = lines.next();
    if (!line) return Incomplete{};
    if (line->empty()) return std::monostate{};
    const auto field = parse_field(*line);
    if (!field) return Refusal{400, "malformed header line"};
    std::optional<Refusal> refusal = on_field(*field);
    if (refusal) return *std::move(refusal);
  }
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refusal{400, "malformed request line"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  if (!is_token(method)) return Refusal{400, "malformed method"};
  if (target.empty() || target.front() != '/' || !is_visible(target)) {
    return Refusal{400, "the request target must be a path that begins with '/'"};
  }
  const std::size_t question = target.find('?');
  head.method = method;
  head.path = target.substr(0, question);
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return std::nullopt;
}

std::optional<Refusal> apply_request_field(const Field& field, RequestHead& head, bool& has_length) {
  if (equals_ignoring_case(field.name, "transfer-encoding")) {
    return Refusal{501, "Transfer-Encoding is not supported here: send a Content-Length"};
  }
  if (equals_ignoring_case(field.name, "expect")) {
    head.expects_continue = equals_ignoring_case(field.value, "100-continue");
  }
  if (!equals_ignoring_case(field.name, "content-length")) return std::nullopt;
  const auto length = parse_number<std::uint64_t>(field.value);
  if (!length || has_length) return Refusal{400, "malformed or repeated Content-Length"};
  if (*length > max_body_bytes) return Refusal{413, fmt::format("the body may have at most {} bytes", max_body_bytes)};
  head.body_bytes = static_cast<std::size_t>(*length);
  has_length = true;
  return std::nullopt;
}

// A head that goes on beyond the limit is refused; a shorter one may still become complete.
template <class Head>
std::variant<Incomplete, Head, Refusal> not_complete(std::string_view bytes) {
  if (bytes.size() < max_head_bytes) return Incomplete{};
  return Refusal{431, fmt::format("the head may have at most {} bytes", max_head_bytes)};
}

}  // namespace

std::variant<Incomplete, RequestHead, Refusal> parse_request_head(std::string_view bytes) {
  bytes = bytes.substr(0, max_head_bytes);
  HeadLines lines(bytes);
  const auto request_line = lines.next();
  if (!request_line) return not_complete<RequestHead>(bytes);
  RequestHead head;
  if (auto refusal = parse_request_line(*request_line, head)) return *std::move(refusal);
  bool has_length = false;
  auto fields = read_fields(lines, [&](const Field& field) { return apply_request_field(field, head, has_length); });
  if (std::holds_alternative<Incomplete>(fields)) return not_complete<RequestHead>(bytes);
  if (auto* refusal = std::get_if<Refusal>(&fields)) return std::move(*refusal);
  head.head_bytes = lines.consumed();
  return head;
}

std::variant<Incomplete, ResponseHead, Refusal> parse_response_head(std::string_view bytes) {
  bytes = bytes.substr(0, max_head_bytes);
  HeadLines lines(bytes);
  const auto status_line = lines.next();
  if (!status_line) return not_complete<ResponseHead>(bytes);
  ResponseHead head;
  const auto status = status_line->size() >= 12 && status_line->substr(0, 7) == "HTTP/1."
                          ? parse_number<unsigned>(status_line->substr(9, 3))
                          : std::nullopt;
  if (!status) return Refusal{502, "not an HTTP response"};
  head.status = static_cast<int>(*status);
  auto fields = read_fields(lines, [&](const Field& field) -> std::optional<Refusal> {
    if (equals_ignoring_case(field.name, "content-type")) head.content_type = field.value;
    if (!equals_ignoring_case(field.name, "content-length")) return std::nullopt;
    head.body_bytes = parse_number<std::size_t>(field.value);
    if (!head.body_bytes) return Refusal{502, "malformed Content-Length"};
    return std::nullopt;
  });
  if (std::holds_alternative<Incomplete>(fields)) return not_complete<ResponseHead>(bytes);
  if (auto* refusal = std::get_if<Refusal>(&fields)) return std::move(*refusal);
  head.head_bytes = lines.consumed();
  return head;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string response_text(const HttpResponse& response, std::string_view allow, bool with_body) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", response.status,
                                 reason_phrase(response.status), response.content_type, response.body.size());
  if (!allow.empty()) text += fmt::format("Allow: {}\r\n", allow);
  text += "Connection: close\r\n\r\n";
  if (with_body) text += response.body;
  return text;
}

std::string stream_head_text() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-store\r\n"
         "Connection: close\r\n\r\n";
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: tandem\r\nConnection: close\r\n", method, target);
  if (!body.empty() || method == "POST") {
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  text += "\r\n";
  text += body;
  return text;
}

}  // namespace tandem::io
