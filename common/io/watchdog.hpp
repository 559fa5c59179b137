// Proof of life for the service manager, which restarts a daemon that hangs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

#include "common/base/time.hpp"

namespace tandem::io {

/// Says "WATCHDOG=1" from the io thread, four times as often as the manager demands it, so that a thread that
/// hangs is silent. No effect if the manager does not ask (watchdog_timeout()). One per process.
class Watchdog {
 public:
  /// `alive` is asked before each sign of life: false keeps silent, which means death if it lasts. It is for what
  /// the io thread cannot speak for by itself: other threads. Empty: the io thread speaks for all.
  explicit Watchdog(boost::asio::io_context& io, std::function<bool()> alive = {});
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// The first sign of life comes at once. Call it when the daemon is ready.
  void start();

 private:
  void beat();

  boost::asio::steady_timer timer_;
  std::function<bool()> alive_;
  Duration period_{};
};

}  // namespace tandem::io
