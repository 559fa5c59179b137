// Forwarded heads: the kept bytes of the original plus one block of our own, as a list of pieces.
//
// Neighbouring kept lines are one piece, so the usual request is two pieces: start line and fields,
// then our block. Start line, framing and hop-by-hop fields are never taken over as they came: the
// start line is rewritten unless it already is what we would write, framing lines are always ours.
// For every head the parser accepts, the result is accepted by the parser with the same meaning.
//
// Removed: Connection and what it names (RFC 9110 section 7.6.1), Keep-Alive, Proxy-Connection, TE,
// Transfer-Encoding, Upgrade, Proxy-Authenticate, Proxy-Authentication-Info, Proxy-Authorization,
// HTTP2-Settings, and from untrusted clients X-Forwarded-For/-Proto/-Host and Forwarded. Connection
// cannot make us remove Host, framing, Via, X-Forwarded-* or Forwarded. Kept in another form: "TE:
// trailers" and, for a tunnel, Upgrade. Added: Via, X-Forwarded-*, the edits' lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "lbd/core/http1/edits.hpp"
#include "lbd/core/http1/head.hpp"

namespace tandem::lbd::http1 {

/// Like iovec, but const: bytes to send, in order.
struct Piece {
  const char* data;
  std::size_t size;
};

/// Collects pieces. Kept bytes are pointed at, our own are copied into `scratch`; both arrays are the
/// caller's and must outlive the pieces. Running out of either sets overflowed() and is harmless.
class HeadWriter {
 public:
  HeadWriter(std::span<Piece> pieces, std::span<char> scratch) noexcept
      : pieces_(pieces.data()), piece_capacity_(pieces.size()), block_(scratch.data()),
        next_(scratch.data()), scratch_end_(scratch.data() + scratch.size()) {}

  /// Bytes that stay where they are.
  void keep(const char* data, std::size_t size) noexcept {
    flush();
    append(data, size);
  }
  /// Texts that are copied into the scratch block, one after the other.
  template <class... Texts>
  [[gnu::always_inline]] void put(const Texts&... texts) noexcept {
    put_views(view(texts)...);
  }
  void put_number(std::uint64_t number) noexcept;
  /// Makes what was put so far a piece. write_*_head() end with it.
  void flush() noexcept {
    append(block_, static_cast<std::size_t>(next_ - block_));
    block_ = next_;
  }

  /// Complete after flush().
  [[nodiscard]] std::span<const Piece> pieces() const { return {pieces_, count_}; }
  /// Sum of the pieces' sizes.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  /// A literal's size is known without looking for its end.
  template <std::size_t Size>
  static constexpr std::string_view view(const char (&literal)[Size]) noexcept {
    return {literal, Size - 1};
  }
  static constexpr std::string_view view(std::string_view text) noexcept { return text; }

  template <class... Views>
  [[gnu::always_inline]] void put_views(Views... views) noexcept {
    if (static_cast<std::size_t>(scratch_end_ - next_) < (views.size() + ...)) {
      overflowed_ = true;
      return;
    }
    char* at = next_;
    ((at = copy(at, views)), ...);
    next_ = at;
  }
  [[gnu::always_inline]] static char* copy(char* to, std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  void append(const char* data, std::size_t size) noexcept {
    if (size == 0) return;
    if (count_ == piece_capacity_) {
      overflowed_ = true;
      return;
    }
    pieces_[count_++] = {data, size};
    bytes_ += size;
  }

  Piece* pieces_;
  std::size_t piece_capacity_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  char* block_;  // start of what was put since the last flush
  char* next_;   // next free byte of the scratch
  char* scratch_end_;
  bool overflowed_ = false;
};

/// Enough for the heads of real traffic (our block is about 250 bytes plus the edits' lines; each
/// run of removed lines costs one piece). A head that needs more is refused as 431.
inline constexpr std::size_t usual_pieces = 64;
inline constexpr std::size_t usual_scratch = 2048;

/// What the request's surroundings contribute to the forwarded head. Views are borrowed.
struct RequestContext {
  std::string_view client_address = {}; // text of the client's IP address, for X-Forwarded-For
  std::string_view scheme = "http";     // for X-Forwarded-Proto
  std::string_view default_host = {};   // Host for a 1.0 request without one; may be empty
  bool trusted_client = false;          // X-Forwarded-* of the client are kept and extended
  bool allow_upgrade = false;           // the session can carry a tunnel; else Upgrade is removed
  bool forward_expect = true;           // leave "Expect: 100-continue" to the backend
  bool close = false;                   // ask the backend to close after this exchange
  const CompiledEdits* edits = nullptr; // nullptr: none
};

/// The head to send to a backend, framed like the request (`head.framing`). False: it does not fit
/// (answer 431); the writer's content is then useless. Independent of the backend, so the pieces
/// serve every retry.
[[nodiscard]] bool write_request_head(const RequestHead& head, const RequestContext& context,
                                      HeadWriter& writer) noexcept;

/// What the exchange contributes to the head of the reply.
struct ResponseContext {
  bool close = false;                   // we close the client's connection after this reply
  bool client_http10 = false;           // the request was HTTP/1.0
  bool client_keep_alive = true;        // it asked for keep-alive
  bool to_head = false;                 // it was a HEAD request
  std::string_view set_cookie_line = {};// complete "Set-Cookie: ...\r\n", or empty
  const CompiledEdits* edits = nullptr;
};

/// How the body of the reply is framed towards the client: like the backend's, except that chunked
/// becomes until_close for a 1.0 client, and until_close becomes chunked for a 1.1 client.
[[nodiscard]] Framing client_framing(const ResponseHead& head, bool client_http10) noexcept;

/// The head to send to the client for a final or interim response, framed by client_framing().
/// Writes "Connection: close" when context.close or the framing demands it, "keep-alive" for a 1.0
/// client that asked; for 101 keeps Upgrade. False: it does not fit (treat as a bad response).
[[nodiscard]] bool write_response_head(const ResponseHead& head, const ResponseContext& context,
                                       HeadWriter& writer) noexcept;

}  // namespace tandem::lbd::http1
