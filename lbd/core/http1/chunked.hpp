// Chunked transfer coding (RFC 9112 section 7.1): a decoder that points at the payload in place, and
// the few bytes an encoder needs. What arrives is never forwarded as it is framed: the session sends
// each payload span as a chunk (or with another framing) of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lbd/core/http1/head_error.hpp"

namespace tandem::lbd::http1 {

/// Decodes one body. Feed it the receive buffer until `end` or `error`:
///
///   for (;;) {
///     const auto step = decoder.next(unread);
///     unread.remove_prefix(step.consumed);
///     ... act on step.event ...
///   }
///
/// Strict: digits of the size are bounded, extensions are checked, bounded and dropped, every line
/// ends in CRLF, trailer lines are checked like header fields.
class ChunkedDecoder {
 public:
  enum class Event : std::uint8_t {
    need_more,  // all of `consumed` is used up; present the unconsumed rest again with more behind it
    data,       // `text` is payload, never empty
    trailer,    // `text` is one allowed trailer line, CRLF included; forbidden ones are not reported
    end,        // the body is complete; what follows belongs to the next message
    error,      // `error` says why; the connection cannot be used further
  };

  struct Step {
    Event event = Event::need_more;
    HeadError error = HeadError::none;
    std::size_t consumed = 0;  // bytes of the input that are done with, `text` included
    std::string_view text;     // into the input
  };

  /// Most bytes of chunk extensions in one body, and of its whole trailer section. A trailer line
  /// is reported in one piece: the receive buffer must be able to hold max_trailer_bytes.
  static constexpr std::uint32_t max_extension_bytes = 4096;
  static constexpr std::uint32_t max_trailer_bytes = 8192;

  [[nodiscard]] Step next(std::string_view input) noexcept;
  [[nodiscard]] bool at_end() const { return state_ == State::done; }
  /// Payload bytes that are known to follow in the current chunk.
  [[nodiscard]] std::uint64_t chunk_remaining() const { return state_ == State::data ? remaining_ : 0; }
  /// Trailer lines that were dropped (framing, routing, hop-by-hop fields; RFC 9110 section 6.5.1).
  [[nodiscard]] std::uint32_t dropped_trailers() const { return dropped_trailers_; }

 private:
  enum class State : std::uint8_t {
    size_first, size, size_lf, extension_first, extension, data, data_cr, data_lf, trailer, done, failed
  };

  Step fail(HeadError error, std::size_t consumed) noexcept;
  HeadError on_size_digit(char byte) noexcept;
  HeadError on_extension_byte(char byte) noexcept;
  HeadError on_line_byte(char byte) noexcept;
  Step next_trailer(std::string_view input, std::size_t at) noexcept;

  State state_ = State::size_first;
  std::uint8_t size_digits_ = 0;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint32_t trailer_scanned_ = 0;  // of the incomplete line at the front of the next input
  std::uint32_t dropped_trailers_ = 0;
  std::uint64_t remaining_ = 0;
};

/// "1f40\r\n": what goes before `size` bytes of payload. size > 0. Returns the bytes written to `out`.
inline constexpr std::size_t max_chunk_header = 18;  // 16 digits and CRLF
std::size_t write_chunk_header(std::span<char, max_chunk_header> out, std::uint64_t size) noexcept;

inline constexpr std::string_view chunk_tail = "\r\n";            // after each chunk's payload
inline constexpr std::string_view last_chunk = "0\r\n";           // then trailer lines, then end_of_trailer
inline constexpr std::string_view end_of_trailer = "\r\n";
inline constexpr std::string_view last_chunk_no_trailer = "0\r\n\r\n";

}  // namespace tandem::lbd::http1
