// What a coroutine waits with: one Waiter per session, woken by a socket, a deadline or a cancel.
//
// A session has at most one wait at a time; sub-tasks use the Waiter of their session. Waiting for
// either of two sockets is how one coroutine serves both sides of a proxied connection.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "lbd/engine/loop.hpp"

namespace tandem::lbd {

/// Why a wait ended. `cancelled` is for ever: every later wait ends with it at once.
/// `interrupted` ends one wait.
enum class Wake : std::uint8_t { ready, timeout, interrupted, cancelled };

/// Called when something a socket was armed for has come true.
class Wakeable {
 public:
  virtual void wake() = 0;

 protected:
  ~Wakeable() = default;
};

class Waiter final : public Wakeable, private Timer, private Deferred {
 public:
  explicit Waiter(Loop& loop) noexcept : loop_(loop) {}

  Loop& loop() noexcept { return loop_; }
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
  [[nodiscard]] bool waiting() const noexcept { return suspended_ != nullptr; }

  /// Ends the wait in progress, and every later one, with Wake::cancelled. Resumes inline.
  void cancel() {
    cancelled_ = true;
    resume(Wake::cancelled);
  }
  /// Ends the wait in progress with Wake::interrupted; without one it does nothing.
  void interrupt() { resume(Wake::interrupted); }

  /// Called by awaitables.
  void suspend(std::coroutine_handle<> self, TimePoint deadline) noexcept {
    suspended_ = self;
    if (deadline == TimePoint::max()) {
      TimerWheel::disarm(*this);
    } else {
      loop_.timers().arm(*this, deadline);
    }
  }
  void suspend_until_next_turn(std::coroutine_handle<> self) noexcept {
    suspended_ = self;
    TimerWheel::disarm(*this);
    loop_.defer(*this);
  }
  [[nodiscard]] Wake take_wake() noexcept { return cancelled_ ? Wake::cancelled : std::exchange(wake_, Wake::ready); }

  void wake() override { resume(Wake::ready); }

 private:
  void on_expired() override { resume(Wake::timeout); }
  void on_deferred() override { resume(Wake::ready); }
  void resume(Wake why) {
    if (suspended_ == nullptr) return;
    wake_ = why;
    // The coroutine may destroy this object before resume() returns.
    std::exchange(suspended_, nullptr).resume();
  }

  Loop& loop_;
  std::coroutine_handle<> suspended_;
  Wake wake_ = Wake::ready;
  bool cancelled_ = false;
};

namespace detail {

struct SleepAwaiter {
  Waiter& waiter;
  TimePoint deadline;
  bool await_ready() const noexcept { return waiter.cancelled(); }
  void await_suspend(std::coroutine_handle<> self) const noexcept { waiter.suspend(self, deadline); }
  Wake await_resume() const noexcept { return waiter.take_wake(); }
};

struct NextTurnAwaiter {
  Waiter& waiter;
  bool await_ready() const noexcept { return waiter.cancelled(); }
  void await_suspend(std::coroutine_handle<> self) const noexcept { waiter.suspend_until_next_turn(self); }
  Wake await_resume() const noexcept { return waiter.take_wake(); }
};

}  // namespace detail

/// `co_await sleep_until(waiter, t)`: Wake::timeout at `t`, or earlier interrupted or cancelled.
inline detail::SleepAwaiter sleep_until(Waiter& waiter, TimePoint deadline) noexcept {
  return {waiter, deadline};
}

/// `co_await next_turn(waiter)`: lets every other session of the worker run first. A session that
/// always finds its sockets ready must do this now and then.
inline detail::NextTurnAwaiter next_turn(Waiter& waiter) noexcept { return {waiter}; }

}  // namespace tandem::lbd
