// Replies that lbd itself gives: errors with a short text and the reason code, and redirects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::lbd::http1 {

/// Standard reason phrase; "Unknown" for a status we never send.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

struct ReplyOptions {
  bool close = true;     // "Connection: close"; else keep-alive
  bool head = false;     // answer to HEAD: no body
  bool http10 = false;   // 1.0 client: says keep-alive explicitly unless close
};

/// A buffer of this size holds every error reply.
inline constexpr std::size_t max_error_reply = 512;

/// Writes a complete error reply, e.g. body "503 Service Unavailable: no_backend_up\n". `code` is the
/// short reason code of SessionEnd or HeadError (cut at 64 bytes; token characters only). Has
/// Cache-Control: no-store and, for 429 and 503, Retry-After: 1. Returns the part of `out` written;
/// empty if it does not fit.
[[nodiscard]] std::string_view write_error_reply(std::span<char> out, std::uint16_t status,
                                                 std::string_view code,
                                                 const ReplyOptions& options) noexcept;

/// Writes a complete redirect with an empty body. `location` must hold no control character, as
/// Router::write_location guarantees. Empty if it does not fit.
[[nodiscard]] std::string_view write_redirect_reply(std::span<char> out, std::uint16_t status,
                                                    std::string_view location,
                                                    const ReplyOptions& options) noexcept;

/// "HTTP/1.1 100 Continue\r\n\r\n"
inline constexpr std::string_view continue_reply = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace tandem::lbd::http1
