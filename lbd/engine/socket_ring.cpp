// A socket with io_uring: the same readiness, from completions.
//
// Receiving: a multishot receive is armed for life. What comes is held in ring buffers until it is read.
// Who holds much (bulk, or a session that does not read) goes over to recv(2) on readiness, where the kernel's
// buffer and the peer's window push back, and comes back after some small reads.
// Sending: what is small is queued in the ring and taken for sent. If the kernel then takes less, the
// rest is in unsent_, and the socket is not writable until it has gone.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lbd/engine/socket.hpp"

namespace tandem::lbd {

namespace {

// Ring buffers that one socket may hold: as many bytes as a usual read takes.
constexpr std::uint16_t most_held = 4;
// Ring buffers filled in a row that make a socket one that carries bulk, and reads of less that end it.
constexpr std::uint8_t full_for_bulk = 3;
constexpr std::uint8_t short_for_no_bulk = 4;

constexpr Readiness without(Readiness all, Readiness bits) noexcept { return static_cast<Readiness>(all & ~bits); }

}  // namespace

void Socket::adopt_to_ring() noexcept {
  IoRing& ring = *loop_.ring();
  slot_ = ring.open_slot(*this);
  in_a_row_ = 0;
  error_ = 0;
  recv_armed_ = poll_armed_ = unwatched_ = false;
  path_ = is(writable) ? Path::ring : Path::connecting;
  if (path_ == Path::ring) {
    ring.arm_recv(slot_, fd_);
    recv_armed_ = true;
  } else {
    rearm_poll();
  }
}

// Out of the loop or the ring; fd_ < 0 afterwards: somebody else closes it.
void Socket::leave_loop() noexcept {
  IoRing* const ring = loop_.ring();
  if (ring == nullptr) return loop_.forget(*this);
  ring->buffers().drop(held_);
  unwatched_ = false;
  if (recv_armed_) ring->cancel(slot_, RingOp::recv);
  if (poll_armed_) ring->cancel(slot_, RingOp::poll);
  // The descriptor's number may mean another socket soon.
  if (ring->has_queued(slot_)) ring->submit();
  if (unsent_ && !is(broken)) {
    unsent_.release()->go_on_alone(loop_, slot_, std::exchange(fd_, -1));
    return;
  }
  unsent_.reset();
  ring->close_slot(slot_);
}

IoResult Socket::recv_from_ring(std::span<std::byte> into) noexcept {
  if (held_.empty()) return drained();
  const std::size_t bytes = loop_.ring()->buffers().read(held_, into);
  if (held_.empty() && path_ != Path::direct && !is(peer_closed | broken)) ready_ = without(ready_, readable);
  return {IoStatus::ok, 0, bytes};
}

// Nothing is held, and the direct path is not open.
IoResult Socket::drained() noexcept {
  if (error_ != 0) return {IoStatus::error, error_, 0};
  if (is(broken)) {
    const int pending = take_error();
    return {IoStatus::error, pending != 0 ? pending : ECONNRESET, 0};
  }
  if (is(peer_closed)) return {IoStatus::eof, 0, 0};
  ready_ = without(ready_, readable);
  return {IoStatus::would_block, 0, 0};
}

bool Socket::splice_is_direct() noexcept {
  if (error_ != 0) return false;
  if (path_ == Path::ring) leave_ring();
  in_a_row_ = 0;
  return path_ == Path::direct && held_.empty();
}

IoResult Socket::move_held(Pipe& pipe, std::size_t most) noexcept {
  if (!is(readable)) return {IoStatus::would_block, 0, 0};
  if (held_.empty()) return drained();
  RingBuffers& buffers = loop_.ring()->buffers();
  const std::span<const std::byte> bytes = buffers.front(held_);
  const ssize_t put = ::write(pipe.write_end(), bytes.data(), std::min(bytes.size(), most));
  if (put < 0) return {IoStatus::error, errno, 0};
  const auto moved = static_cast<std::size_t>(put);
  pipe.put(moved);
  buffers.consume(held_, moved);
  if (held_.empty() && path_ != Path::direct && !is(peer_closed | broken)) ready_ = without(ready_, readable);
  return {IoStatus::ok, 0, moved};
}

void Socket::note_short_read(std::size_t bytes) noexcept {
  if (bytes >= RingBuffers::size) {
    in_a_row_ = 0;
  } else if (++in_a_row_ >= short_for_no_bulk) {
    return_to_ring();
  }
}

// Carries out a send that is queued, so that its outcome is known and others can follow.
void Socket::flush_queue() noexcept {
  IoRing& ring = *loop_.ring();
  if (ring.send_queued(slot_)) ring.submit();
}

void Socket::leave_ring() noexcept {
  path_ = Path::leaving;
  in_a_row_ = 0;
  if (recv_armed_) {
    loop_.ring()->cancel(slot_, RingOp::recv);
  } else {
    watch();
  }
}

void Socket::return_to_ring() noexcept {
  IoRing& ring = *loop_.ring();
  path_ = Path::ring;
  in_a_row_ = 0;
  // Receiving begins with a try, so nothing is missed in between.
  ring.arm_recv(slot_, fd_);
  recv_armed_ = true;
  if (poll_armed_) ring.cancel(slot_, RingOp::poll);
}

void Socket::watch() noexcept {
  unwatched_ = false;
  path_ = Path::direct;
  if (poll_armed_) loop_.ring()->cancel(slot_, RingOp::poll);  // for less than is wanted now
  rearm_poll();
}

void Socket::rearm_poll() noexcept {
  if (poll_armed_) return;
  if (path_ == Path::direct) {
    loop_.ring()->arm_poll(slot_, fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP, true);
  } else if (is(writable)) {
    return;
  } else {
    // Once a socket has been full it is so again: unless it is for the connect, the poll stays.
    loop_.ring()->arm_poll(slot_, fd_, EPOLLOUT, path_ != Path::connecting);
  }
  poll_armed_ = true;
}

void Socket::on_completion(const Completion& completion) {
  switch (completion.op) {
    case RingOp::recv: return on_received(completion);
    case RingOp::poll: return on_poll(completion);
    default: break;
  }
  // A send has failed, see on_send_failed().
  rearm_poll();
  tell(ready_);
}

void Socket::on_received(const Completion& completion) {
  if (!completion.more) recv_armed_ = false;
  if (completion.result > 0) {
    const auto bytes = static_cast<std::size_t>(completion.result);
    loop_.ring()->buffers().add(held_, completion.buffer, bytes);
    if (path_ == Path::ring) {
      in_a_row_ = bytes < RingBuffers::size ? std::uint8_t{0} : static_cast<std::uint8_t>(in_a_row_ + 1);
      if (held_.count > most_held || in_a_row_ >= full_for_bulk) leave_ring();
    }
    if (!recv_armed_ && path_ == Path::leaving) watch();
    if (!recv_armed_ && path_ == Path::ring) {
      loop_.ring()->arm_recv(slot_, fd_);
      recv_armed_ = true;
    }
    return tell(ready_ | readable);
  }
  if (completion.result == 0) {
    const Readiness now = ready_ | readable | peer_closed;
    // Most sessions are about to close: those who go on waiting are watched from then on.
    unwatched_ = true;
    if ((now & interest_) == 0) watch();
    return tell(now);
  }
  if (completion.result == -ECANCELED || completion.result == -ENOBUFS) {
    if (path_ == Path::ring || path_ == Path::leaving) watch();
    return;
  }
  error_ = static_cast<std::uint16_t>(-completion.result);
  tell(ready_ | readable | writable | broken);
}

void Socket::on_poll(const Completion& completion) {
  if (!completion.more) poll_armed_ = false;
  if (completion.result <= 0) return rearm_poll();
  auto events = static_cast<std::uint32_t>(completion.result);
  const bool over = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (path_ == Path::ring || path_ == Path::leaving) {
    // Receiving tells of its end by itself, in the right order.
    if ((events & EPOLLHUP) != 0) events |= EPOLLOUT;
    events &= EPOLLOUT | EPOLLERR;
  }
  if (path_ == Path::connecting && !over) return_to_ring();
  if (unsent_ && (events & EPOLLOUT) != 0) {
    if (unsent_->flush(fd_)) {
      if (unsent_->error() != 0) error_ = static_cast<std::uint16_t>(unsent_->error());
      unsent_.reset();
    } else {
      events &= ~static_cast<std::uint32_t>(EPOLLOUT);
    }
  }
  if (!over) rearm_poll();
  on_events(events);
}

void Socket::on_send_failed(int result, std::span<const std::byte> queued) noexcept {
  if (result >= 0 || result == -EAGAIN || result == -EINTR) {
    const auto sent = static_cast<std::size_t>(std::max(result, 0));
    unsent_ = std::make_unique<Unsent>(queued.subspan(sent));
    ready_ = without(ready_, writable);
    return;
  }
  ready_ |= broken | writable;
}

}  // namespace tandem::lbd
