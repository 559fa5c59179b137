#include "lbd/core/http1/replies.hpp"

#include <array>

#include "lbd/core/http1/char_class.hpp"
#include "lbd/core/http1/rewrite.hpp"

namespace tandem::lbd::http1 {
namespace {

struct Phrase {
  std::uint16_t status;
  std::string_view text;
};

constexpr std::array<Phrase, 20> phrases = {{
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

/// The part of the code that is safe to print: a prefix of token characters.
std::string_view printable(std::string_view code) noexcept {
  constexpr std::size_t most = 64;
  std::size_t size = 0;
  while (size < code.size() && size < most && detail::is(code[size], detail::token_char)) ++size;
  return code.substr(0, size);
}

void put_status_line(HeadWriter& writer, std::uint16_t status) noexcept {
  writer.put("HTTP/1.1 ");
  writer.put_number(status);
  writer.put(" ");
  writer.put(reason_phrase(status));
  writer.put("\r\n");
}

void put_connection(HeadWriter& writer, const ReplyOptions& options) noexcept {
  if (options.close) {
    writer.put("Connection: close\r\n");
  } else if (options.http10) {
    writer.put("Connection: keep-alive\r\n");
  }
  writer.put("\r\n");
}

std::string_view finished(HeadWriter& writer) noexcept {
  writer.flush();
  if (writer.overflowed()) return {};
  return {writer.pieces().front().data, writer.bytes()};
}

}  // namespace

std::string_view reason_phrase(std::uint16_t status) noexcept {
  for (const Phrase& phrase : phrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

std::string_view write_error_reply(std::span<char> out, std::uint16_t status, std::string_view code,
                                   const ReplyOptions& options) noexcept {
  std::array<Piece, 1> piece;
  HeadWriter writer(piece, out);
  const std::string_view phrase = reason_phrase(status);
  const std::string_view reason = printable(code);
  const std::size_t body = 3 + 1 + phrase.size() + (reason.empty() ? 0 : 2 + reason.size()) + 1;

  put_status_line(writer, status);
  writer.put("Content-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: ");
  writer.put_number(body);
  writer.put("\r\n");
  if (status == 429 || status == 503) writer.put("Retry-After: 1\r\n");
  put_connection(writer, options);
  if (!options.head) {
    writer.put_number(status);
    writer.put(" ");
    writer.put(phrase);
    if (!reason.empty()) {
      writer.put(": ");
      writer.put(reason);
    }
    writer.put("\n");
  }
  return finished(writer);
}

std::string_view write_redirect_reply(std::span<char> out, std::uint16_t status,
                                      std::string_view location,
                                      const ReplyOptions& options) noexcept {
  std::array<Piece, 1> piece;
  HeadWriter writer(piece, out);
  put_status_line(writer, status);
  writer.put("Location: ");
  writer.put(location);
  writer.put("\r\nContent-Length: 0\r\n");
  put_connection(writer, options);
  return finished(writer);
}

}  // namespace tandem::lbd::http1
