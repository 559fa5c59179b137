// HTTP/1 head parser: RFC 9112, strict, one pass, in place, nothing allocated.
//
// Whatever two parsers could read in two ways is an error of its own name (HeadError). The parser
// never reads outside [bytes.begin(), bytes.end()).
//
// Arrival in pieces: call again with everything received so far and the same HeadProgress. The first
// call parses what is there; after that only new bytes are looked at for the end of the head, and
// the head is parsed again when it is complete or has doubled. So any number of pieces costs O(bytes).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lbd/core/http1/head.hpp"
#include "lbd/core/http1/head_error.hpp"

namespace tandem::lbd::http1 {

struct HeadLimits {
  /// Bytes of the whole head. A head that needs more is 431, or 414 if its first line alone does.
  std::uint32_t head_bytes = 64 * 1024;
};

/// Where the work on an incomplete head goes on. Default-constructed for each head.
struct HeadProgress {
  std::uint32_t searched = 0;    // bytes in which the end of the head was not found
  std::uint32_t next_parse = 0;  // with this many bytes the head is parsed again

  void note_parsed(std::uint32_t bytes) {
    // The last two bytes may begin the end of the head.
    if (searched == 0) searched = bytes > 2 ? bytes - 2 : 0;
    next_parse = 2 * bytes;
  }
};

enum class HeadState : std::uint8_t { complete, incomplete, error };

struct HeadResult {
  HeadState state = HeadState::incomplete;
  HeadError error = HeadError::none;  // set when state is error
  std::uint32_t offset = 0;           // error: where in the bytes it was noticed
};

/// Parses a request head at the start of `bytes`; what follows it (body, pipelined requests) is left
/// alone. `storage` receives the fields; its size is the limit of their number and head.fields
/// points into it. `head` is meaningful only when the state is complete. After an error the bytes
/// must not be used further: reply and close.
[[nodiscard]] HeadResult parse_request_head(std::string_view bytes, const HeadLimits& limits,
                                            std::span<Field> storage, HeadProgress& progress,
                                            RequestHead& head) noexcept;

/// The same for a response. `to_head`: it answers a HEAD request and has no body. 1xx, 204 and 304
/// have none either (RFC 9112 section 6.3); without length and chunked the body lasts until close.
[[nodiscard]] HeadResult parse_response_head(std::string_view bytes, const HeadLimits& limits,
                                             std::span<Field> storage, bool to_head,
                                             HeadProgress& progress, ResponseHead& head) noexcept;

}  // namespace tandem::lbd::http1
