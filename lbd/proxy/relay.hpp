// One direction of a proxied connection: bytes from one socket to another, with back-pressure.
//
// Takes the body apart as the sender framed it and frames it anew for the receiver. step() does all
// that is possible without waiting and says what it waits for; both directions of a session are
// stepped by one coroutine. Nothing is read while something is left to be sent. Bulk whose framing stays as
// it is goes through a pipe, from socket to socket, and never comes to this process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lbd/core/http1/chunked.hpp"
#include "lbd/core/http1/head.hpp"
#include "lbd/engine/pipe_pool.hpp"
#include "lbd/engine/socket.hpp"
#include "lbd/proxy/in_buffer.hpp"
#include "lbd/proxy/out_queue.hpp"

namespace tandem::lbd {

struct Buffers;

enum class RelayState : std::uint8_t {
  need_input,      // until the source is readable
  need_output,     // until the sink is writable
  busy,            // could go on: let others have their turn first
  done,            // the body is complete and everything is sent
  ended_early,     // the source closed in the middle
  source_failed,   // error() says how
  sink_failed,
  bad_framing,     // framing_error() says how
  out_of_buffers,
};

class Relay {
 public:
  /// Forgets everything; the body is framed by `in` and goes out framed as `out`.
  void start(http1::Framing in, http1::BodyKind out) noexcept;
  /// Moves what can be moved; what is in `queue` already (a head) goes first. From the first call on,
  /// bytes in `input` that are used up may be overwritten, and its buffer given back.
  RelayState step(Socket& from, InBuffer& input, Socket& to, OutQueue& queue, Buffers& buffers) noexcept;
  /// Frames what `input` holds into `queue`, without any system call.
  void frame(InBuffer& input, OutQueue& queue) noexcept;

  [[nodiscard]] bool body_complete() const noexcept { return complete_; }
  [[nodiscard]] int error() const noexcept { return error_; }
  [[nodiscard]] http1::HeadError framing_error() const noexcept { return framing_error_; }
  /// Bytes read from the source and given to the sink since start().
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  [[nodiscard]] bool worth_splicing() const noexcept;
  RelayState splice(Socket& from, Socket& to, PipePool& pipes) noexcept;
  RelayState read(Socket& from, InBuffer& input, Buffers& buffers) noexcept;
  bool make_room(InBuffer& input, Buffers& buffers) noexcept;
  void frame_length(InBuffer& input, OutQueue& queue) noexcept;
  void frame_until_close(InBuffer& input, OutQueue& queue) noexcept;
  void frame_chunked(InBuffer& input, OutQueue& queue) noexcept;
  void add_payload(std::string_view payload, OutQueue& queue) noexcept;
  void finish(OutQueue& queue) noexcept;

  http1::BodyKind in_ = http1::BodyKind::none;
  http1::BodyKind out_ = http1::BodyKind::none;
  bool complete_ = true;
  bool starved_ = false;       // what is buffered is not enough to go on
  bool trailers_begun_ = false;
  bool may_splice_ = false;    // the framing stays as it is, and pipes are to be had
  bool splicing_ = false;
  std::uint8_t full_reads_ = 0;
  int error_ = 0;
  http1::HeadError framing_error_ = http1::HeadError::none;
  std::uint64_t remaining_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  Pipe pipe_;                  // while splicing_ and bytes are in flight
  http1::ChunkedDecoder decoder_;
};

}  // namespace tandem::lbd
