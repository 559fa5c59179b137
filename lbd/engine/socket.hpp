// A non-blocking stream socket in a loop: registered once, edge-triggered, readiness remembered.
//
// The kernel tells each change of readiness once; the flags here are that memory. An operation on
// a socket that is known not to be ready makes no system call, and a read that returned less than
// asked for has drained the socket (unless the peer has closed, when the end is still to be read).
//
// With io_uring (Loop::ring()) the flags mean the same, but small reads come by themselves and small sends
// leave together at the end of the turn: see socket_ring.cpp.
//
// The try_ calls never wait; the awaitables wait() and wait_either() do, with the
// Waiter of the calling session.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lbd/engine/loop.hpp"
#include "lbd/engine/pipe_pool.hpp"
#include "lbd/engine/unsent.hpp"
#include "lbd/engine/waiter.hpp"

namespace tandem::lbd {

enum class IoStatus : std::uint8_t { ok, would_block, eof, timeout, interrupted, cancelled, error };

/// `bytes` moved if ok; `error` is the errno if error.
struct IoResult {
  IoStatus status = IoStatus::ok;
  int error = 0;
  std::size_t bytes = 0;
  [[nodiscard]] bool ok() const noexcept { return status == IoStatus::ok; }
};

/// What a wait may be for; a set of bits.
using Readiness = std::uint8_t;
inline constexpr Readiness readable = 1;     // bytes, the end of the stream, or an error to read
inline constexpr Readiness writable = 2;
inline constexpr Readiness peer_closed = 4;  // the peer has sent its FIN (EPOLLRDHUP), maybe behind unread bytes
inline constexpr Readiness broken = 8;       // reset or otherwise broken

class Socket final : public EventSource, private RingUser {
 public:
  explicit Socket(Loop& loop) noexcept : loop_(loop) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Takes over a connected (or connecting) non-blocking descriptor, also on failure. False: it
  /// could not be registered and is closed; errno says why.
  [[nodiscard]] bool adopt(int fd, Readiness initial) noexcept;
  /// Closes; nobody is woken. With `reset` the peer gets RST instead of FIN.
  void close() noexcept;
  void reset() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// The flags known now.
  [[nodiscard]] Readiness ready() const noexcept { return ready_; }
  [[nodiscard]] bool is(Readiness any_of) const noexcept { return (ready_ & any_of) != 0; }

  /// Reads at most `into.size()` (> 0) bytes. eof at the end of the stream.
  IoResult try_recv(std::span<std::byte> into) noexcept;
  /// Sends what the kernel takes now; fewer bytes than given (`total` of all parts) means it is full.
  IoResult try_send(std::span<const iovec> from, std::size_t total) noexcept;
  IoResult try_send(std::span<const std::byte> from) noexcept;
  /// Moves at most `most` bytes of the stream into `pipe`, which holds none. eof as for try_recv. Unlike
  /// there, fewer bytes than asked for say nothing about how many are left.
  IoResult try_splice_from(Pipe& pipe, std::size_t most) noexcept;
  /// Sends what the kernel takes now of what `pipe` holds (> 0). SIGPIPE must be ignored.
  IoResult try_splice_to(Pipe& pipe) noexcept;
  /// Sends FIN; receiving goes on.
  void shutdown_send() noexcept;
  /// The pending socket error (SO_ERROR), 0 if none.
  [[nodiscard]] int take_error() const noexcept;

  /// From now on `target.wake()` is called when any of `interest` comes true; until disarm().
  void arm(Wakeable& target, Readiness interest) noexcept {
    target_ = &target;
    interest_ = interest;
    if (unwatched_) watch();
  }
  void disarm() noexcept { interest_ = 0; }

  void on_events(std::uint32_t events) override;

 private:
  /// How bytes are received with io_uring.
  enum class Path : std::uint8_t {
    epoll,       // not with io_uring
    connecting,  // not yet
    ring,        // the kernel puts them into ring buffers as they come
    leaving,     // the same, until that has ended
    direct,      // by recv(2) and splice(2), on readiness: bulk, or whoever does not read what has come
  };

  IoResult received(ssize_t result) noexcept;
  IoResult sent(ssize_t result, std::size_t wanted) noexcept;
  void no_room() noexcept;
  void tell(Readiness now);

  // ---- socket_ring.cpp
  void adopt_to_ring() noexcept;
  void leave_loop() noexcept;
  IoResult recv_from_ring(std::span<std::byte> into) noexcept;
  [[nodiscard]] bool splice_is_direct() noexcept;
  IoResult move_held(Pipe& pipe, std::size_t most) noexcept;
  IoResult drained() noexcept;
  void note_short_read(std::size_t bytes) noexcept;
  /// False: writable is not known.
  [[nodiscard]] bool may_send() noexcept {
    if (path_ != Path::epoll) flush_queue();
    return is(writable);
  }
  [[nodiscard]] bool queue_send(std::span<const iovec> from, std::size_t total) noexcept {
    return path_ != Path::epoll && !is(broken) && loop_.ring()->queue_send(slot_, fd_, from, total);
  }
  void flush_queue() noexcept;
  void watch() noexcept;
  void leave_ring() noexcept;
  void return_to_ring() noexcept;
  void rearm_poll() noexcept;
  void on_completion(const Completion& completion) override;
  void on_send_failed(int result, std::span<const std::byte> queued) noexcept override;
  void on_received(const Completion& completion);
  void on_poll(const Completion& completion);

  Loop& loop_;
  Wakeable* target_ = nullptr;
  int fd_ = -1;
  Readiness ready_ = 0;
  Readiness interest_ = 0;

  // With io_uring only.
  Path path_ = Path::epoll;
  std::uint8_t in_a_row_ = 0;     // full ring buffers on the ring, short reads on the direct path
  bool recv_armed_ = false;
  bool poll_armed_ = false;
  bool unwatched_ = false;        // the stream has ended, and nothing would tell of a reset
  IoRing::Slot slot_ = 0;
  RingBuffers::Held held_;
  std::uint16_t error_ = 0;       // errno that receiving or sending has ended with
  std::unique_ptr<Unsent> unsent_;
};

namespace detail {

struct SocketAwaiter {
  Waiter& waiter;
  Socket& socket;
  Readiness interest;
  TimePoint deadline;

  bool await_ready() const noexcept { return socket.is(interest) || waiter.cancelled(); }
  void await_suspend(std::coroutine_handle<> self) const noexcept {
    socket.arm(waiter, interest);
    waiter.suspend(self, deadline);
  }
  Wake await_resume() const noexcept {
    socket.disarm();
    return waiter.take_wake();
  }
};

struct EitherAwaiter {
  Waiter& waiter;
  Socket& first;
  Readiness first_interest;
  Socket& second;
  Readiness second_interest;
  TimePoint deadline;

  bool await_ready() const noexcept {
    return first.is(first_interest) || second.is(second_interest) || waiter.cancelled();
  }
  void await_suspend(std::coroutine_handle<> self) const noexcept {
    first.arm(waiter, first_interest);
    second.arm(waiter, second_interest);
    waiter.suspend(self, deadline);
  }
  Wake await_resume() const noexcept {
    first.disarm();
    second.disarm();
    return waiter.take_wake();
  }
};

}  // namespace detail

/// `co_await wait(…)`: until any of `interest` holds on `socket`, or the deadline.
inline detail::SocketAwaiter wait(Waiter& waiter, Socket& socket, Readiness interest,
                                  TimePoint deadline = TimePoint::max()) noexcept {
  return {waiter, socket, interest, deadline};
}

/// `co_await wait_either(…)`: until any of `first_interest` holds on `first`, or of
/// `second_interest` on `second`, or the deadline. An interest of 0 is for nothing.
inline detail::EitherAwaiter wait_either(Waiter& waiter, Socket& first, Readiness first_interest,
                                         Socket& second, Readiness second_interest,
                                         TimePoint deadline = TimePoint::max()) noexcept {
  return {waiter, first, first_interest, second, second_interest, deadline};
}

}  // namespace tandem::lbd
