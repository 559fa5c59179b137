// Accepts connections from one listening socket that somebody else owns.
//
// Out of descriptors it sheds instead of spinning: it asks its owner to free some, then uses a
// descriptor held in reserve to accept and close what waits, and rests before it tries again.
#pragma once

#include "common/base/inet.hpp"
#include "lbd/engine/loop.hpp"

namespace tandem::lbd {

/// A descriptor kept for the moment when there are no others: one per worker.
class FdReserve {
 public:
  FdReserve() noexcept { refill(); }
  ~FdReserve();
  FdReserve(const FdReserve&) = delete;
  FdReserve& operator=(const FdReserve&) = delete;

  /// Accepts one connection of `listening_fd` with the reserved descriptor and closes it.
  /// False: there was no reserve or nothing to accept.
  bool shed_one(int listening_fd) noexcept;

 private:
  void refill() noexcept;
  int fd_ = -1;
};

/// Takes what an Acceptor accepts.
class AcceptHandler {
 public:
  /// Owns `fd` (non-blocking, close-on-exec) from now on.
  virtual void on_accepted(int fd, const Endpoint& peer) = 0;
  /// accept4 failed for want of descriptors or memory: free what can be freed. True: some was.
  virtual bool on_exhausted() = 0;
  /// A waiting connection was accepted and closed at once.
  virtual void on_shed() = 0;
  virtual void on_accept_error(int error) = 0;

 protected:
  ~AcceptHandler() = default;
};

class Acceptor final : private EventSource, private Timer {
 public:
  static constexpr int batch = 64;  // connections per event, so that others get their turn
  static constexpr Duration rest = std::chrono::milliseconds(50);

  /// `listening_fd` stays the caller's and must outlive this.
  Acceptor(Loop& loop, int listening_fd, FdReserve& reserve, AcceptHandler& handler);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Takes one batch of what waits in the queue, without waiting for an event.
  void accept_waiting();

 private:
  void on_events(std::uint32_t events) override;
  void on_expired() override;
  void run_dry(int error);

  Loop& loop_;
  int fd_;
  FdReserve& reserve_;
  AcceptHandler& handler_;
};

}  // namespace tandem::lbd
