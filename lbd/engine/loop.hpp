// The event loop of one worker: epoll or io_uring, cached time, the timer wheel, work for the next turn.
//
// One thread runs a loop; every call is made on that thread, except what mailbox.hpp offers.
// A turn: wait (epoll_wait or io_uring_enter), one clock read, events, due timers, deferred work.
// With io_uring, sockets use the ring; every other source stays with epoll, which the ring watches.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <sys/epoll.h>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "lbd/engine/intrusive_list.hpp"
#include "lbd/engine/io_ring.hpp"
#include "lbd/engine/timer_wheel.hpp"

namespace tandem::lbd {

/// Something with a file descriptor in the loop. Its address is its identity while it is added.
class EventSource {
 public:
  /// `events`: EPOLL* bits. May remove and destroy itself and any other source.
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~EventSource() = default;
};

struct DeferredTag;

/// Work for the end of this turn or the next one, linked while it waits. Destroying it cancels it.
class Deferred : public TaggedHook<DeferredTag> {
 public:
  virtual void on_deferred() = 0;

 protected:
  ~Deferred() = default;
};

struct LingeringTag;

/// Something that nobody owns any more and that has still something to do: destroyed with the loop at the latest.
class Lingering : public TaggedHook<LingeringTag> {
 public:
  virtual ~Lingering() = default;
};

class Loop {
 public:
  /// Opens the epoll instance; without one there is nothing to run, so failure ends the process.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Uses io_uring from now on; on the thread that will run the loop, before any socket is adopted.
  /// `quietly`: only if a waiting thread does not look as if it waited for I/O (Linux 6.15). False: it goes on with
  /// epoll, and `refusal` says why, for an operator.
  bool use_io_uring(bool quietly, std::string& refusal);
  /// Ends that, on the same thread, once all sockets are closed. The destructor does it otherwise.
  void stop_io_uring() noexcept;
  /// nullptr: epoll alone.
  [[nodiscard]] IoRing* ring() noexcept { return ring_.get(); }

  /// Turns until stop() is called in a handler.
  void run();
  void stop() noexcept { running_ = false; }
  /// One turn; waits at most `limit`. run() in small steps, for tests.
  void turn(Duration limit);

  /// The clock as of the last wait.
  [[nodiscard]] TimePoint now() const noexcept { return now_; }
  TimerWheel& timers() noexcept { return timers_; }

  /// Registers `fd` once, for life. False: errno says why (ENOSPC, ENOMEM).
  [[nodiscard]] bool add(EventSource& source, int fd, std::uint32_t events) noexcept;
  /// Replaces the events of interest; for listening sockets only, never on a data path.
  void modify(EventSource& source, int fd, std::uint32_t events) noexcept;
  /// No event reaches `source` from now on. Call before closing its descriptor: the close is what
  /// takes it out of epoll.
  void forget(EventSource& source) noexcept;
  /// The same for a source whose descriptor lives on.
  void remove(EventSource& source, int fd) noexcept;

  /// Runs `work` after the events and timers of this turn; if called from there, in the next turn.
  void defer(Deferred& work) noexcept { if (!work.linked()) deferred_.push_back(work); }
  /// Takes over `orphan`, which destroys itself when it is done.
  void keep(Lingering& orphan) noexcept { lingering_.push_back(orphan); }

 private:
  static constexpr std::size_t batch = 256;

  void epoll_turn(int timeout);
  void ring_turn(Duration limit);
  [[nodiscard]] static int milliseconds(Duration wait) noexcept;
  void run_deferred();

  int epoll_fd_;
  std::unique_ptr<IoRing> ring_;
  bool ring_watches_epoll_ = false;
  bool running_ = false;
  TimePoint now_;
  TimerWheel timers_;
  IntrusiveList<Deferred, DeferredTag> deferred_;
  IntrusiveList<Lingering, LingeringTag> lingering_;
  // The batch being handled: forget() blanks what is still to come.
  int next_event_ = 0;
  int event_count_ = 0;
  std::array<epoll_event, batch> events_;
};

}  // namespace tandem::lbd
