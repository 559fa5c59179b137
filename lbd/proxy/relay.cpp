#include "lbd/proxy/relay.hpp"

#include <algorithm>
#include <array>

#include "lbd/proxy/buffers.hpp"

namespace tandem::lbd {

namespace {

// Rounds of read and write in one step before other sessions get their turn: at 64 KiB each about
// a quarter of a millisecond.
constexpr int max_rounds = 8;
// Reads that fill the buffer in a row before a stream of unknown length counts as bulk.
constexpr std::uint8_t bulk_after = 2;
// A body with so much to come is bulk from the start.
constexpr std::uint64_t bulk_length = std::uint64_t{64} * 1024;

}  // namespace

using http1::BodyKind;

void Relay::start(http1::Framing in, BodyKind out) noexcept {
  in_ = in.kind;
  out_ = out;
  complete_ = in.empty();
  starved_ = trailers_begun_ = splicing_ = false;
  may_splice_ = in_ == out_ && (in_ == BodyKind::length || in_ == BodyKind::until_close);
  full_reads_ = 0;
  framing_error_ = http1::HeadError::none;
  remaining_ = in.length;
  pipe_.release();
  received_ = sent_ = 0;
  if (in_ == BodyKind::chunked) decoder_ = {};
}

RelayState Relay::step(Socket& from, InBuffer& input, Socket& to, OutQueue& queue, Buffers& buffers) noexcept {
  for (int round = 0; round < max_rounds; ++round) {
    if (splicing_) {
      const RelayState state = splice(from, to, buffers.pipes);
      if (state == RelayState::busy) continue;
      if (state != RelayState::ended_early || in_ != BodyKind::until_close) return state;
      complete_ = true;
      return RelayState::done;
    }
    frame(input, queue);
    if (!queue.empty()) {
      const IoResult result = queue.flush(to);
      if (result.status == IoStatus::error) {
        error_ = result.error;
        return RelayState::sink_failed;
      }
      sent_ += result.bytes;
      if (!queue.empty()) return RelayState::need_output;
    }
    if (complete_) return RelayState::done;
    if (framing_error_ != http1::HeadError::none) return RelayState::bad_framing;
    if (!input.empty() && !starved_) continue;
    if (worth_splicing()) {
      input.release();
      splicing_ = true;
      continue;
    }
    const RelayState state = read(from, input, buffers);
    if (state == RelayState::ended_early && in_ == BodyKind::until_close) {
      finish(queue);
      continue;
    }
    if (state != RelayState::busy) return state;
  }
  return RelayState::busy;
}

bool Relay::worth_splicing() const noexcept {
  return may_splice_ && (full_reads_ >= bulk_after || (in_ == BodyKind::length && remaining_ >= bulk_length));
}

// One round: out what the pipe holds, then in what the source has.
RelayState Relay::splice(Socket& from, Socket& to, PipePool& pipes) noexcept {
  if (pipe_.held() > 0) {
    const IoResult put = to.try_splice_to(pipe_);
    if (put.status == IoStatus::error) {
      error_ = put.error;
      return RelayState::sink_failed;
    }
    sent_ += put.bytes;
    if (pipe_.held() > 0) return put.ok() ? RelayState::busy : RelayState::need_output;
  }
  if (complete_) pipe_.release();
  if (complete_) return RelayState::done;
  if (from.is(readable) && !pipe_) pipe_ = pipes.take();
  if (from.is(readable) && !pipe_) {
    may_splice_ = splicing_ = false;
    return RelayState::busy;
  }
  const std::uint64_t most = in_ == BodyKind::length ? remaining_ : PipePool::capacity;
  const IoResult got = from.try_splice_from(pipe_, static_cast<std::size_t>(std::min<std::uint64_t>(most, PipePool::capacity)));
  switch (got.status) {
    case IoStatus::ok:
      received_ += got.bytes;
      if (in_ == BodyKind::length) remaining_ -= got.bytes;
      complete_ = in_ == BodyKind::length && remaining_ == 0;
      return RelayState::busy;
    case IoStatus::eof:
      return RelayState::ended_early;
    case IoStatus::would_block:
      // Nothing in flight: others may have the pipe.
      pipe_.release();
      return RelayState::need_input;
    default:
      error_ = got.error;
      return RelayState::source_failed;
  }
}

RelayState Relay::read(Socket& from, InBuffer& input, Buffers& buffers) noexcept {
  if (!from.is(readable)) {
    // Nothing in flight: others may have the buffer.
    if (input.empty()) input.release();
    return RelayState::need_input;
  }
  if (!make_room(input, buffers)) return RelayState::out_of_buffers;
  const std::span<std::byte> room = input.room();
  const IoResult result = from.try_recv(room);
  switch (result.status) {
    case IoStatus::ok:
      input.received(result.bytes);
      received_ += result.bytes;
      starved_ = false;
      full_reads_ = result.bytes < room.size() ? std::uint8_t{0} : std::min<std::uint8_t>(full_reads_ + 1, bulk_after);
      return RelayState::busy;
    case IoStatus::eof:
      return RelayState::ended_early;
    case IoStatus::would_block:
      if (input.empty()) input.release();
      return RelayState::need_input;
    default:
      error_ = result.error;
      return RelayState::source_failed;
  }
}

bool Relay::make_room(InBuffer& input, Buffers& buffers) noexcept {
  if (full_reads_ >= bulk_after && input.capacity() < buffers.large.buffer_size()) {
    Buffer large = buffers.large.take();
    if (large) input.move_to(std::move(large));
    full_reads_ = 0;
  }
  if (!input.has_buffer()) return input.open(buffers.small);
  // Nothing points into the buffer now: the queue is empty.
  input.compact();
  return true;
}

void Relay::frame(InBuffer& input, OutQueue& queue) noexcept {
  if (complete_ || input.empty()) return;
  switch (in_) {
    case BodyKind::none: break;
    case BodyKind::length: frame_length(input, queue); break;
    case BodyKind::until_close: frame_until_close(input, queue); break;
    case BodyKind::chunked: frame_chunked(input, queue); break;
  }
}

void Relay::frame_length(InBuffer& input, OutQueue& queue) noexcept {
  if (!queue.has_room()) return;
  const std::string_view unread = input.unread();
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, unread.size()));
  queue.add(unread.data(), take);
  input.consume(take);
  remaining_ -= take;
  complete_ = remaining_ == 0;
}

void Relay::frame_until_close(InBuffer& input, OutQueue& queue) noexcept {
  if (!queue.has_room()) return;
  const std::string_view unread = input.unread();
  add_payload(unread, queue);
  input.consume(unread.size());
}

void Relay::frame_chunked(InBuffer& input, OutQueue& queue) noexcept {
  using Event = http1::ChunkedDecoder::Event;
  while (queue.has_room()) {
    const auto step = decoder_.next(input.unread());
    input.consume(step.consumed);
    switch (step.event) {
      case Event::need_more:
        starved_ = true;
        return;
      case Event::data:
        add_payload(step.text, queue);
        break;
      case Event::trailer:
        if (out_ != BodyKind::chunked) break;
        if (!trailers_begun_) queue.copy(http1::last_chunk);
        trailers_begun_ = true;
        queue.add(step.text.data(), step.text.size());
        break;
      case Event::end:
        finish(queue);
        return;
      case Event::error:
        framing_error_ = step.error;
        starved_ = true;
        return;
    }
  }
}

void Relay::add_payload(std::string_view payload, OutQueue& queue) noexcept {
  if (out_ != BodyKind::chunked) {
    queue.add(payload.data(), payload.size());
    return;
  }
  std::array<char, http1::max_chunk_header> header;
  const std::size_t size = http1::write_chunk_header(header, payload.size());
  queue.copy({header.data(), size});
  queue.add(payload.data(), payload.size());
  queue.copy(http1::chunk_tail);
}

void Relay::finish(OutQueue& queue) noexcept {
  complete_ = true;
  if (out_ != BodyKind::chunked) return;
  queue.copy(trailers_begun_ ? http1::end_of_trailer : http1::last_chunk_no_trailer);
}

}  // namespace tandem::lbd
