// May a failed exchange be tried on another backend? Pure policy and its budget.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "lbd/core/session_end.hpp"

namespace tandem::lbd {

/// What is known about the attempt that just failed.
struct FailedAttempt {
  SessionEnd end{};
  std::uint32_t backend = 0;      // index for Balancer's exclude
  bool idempotent = false;        // the method; see http1::is_idempotent
  bool request_sent = false;      // at least one byte of the request went to the backend
  bool body_lost = false;         // body bytes were taken from the client and cannot be sent again
  bool reply_begun = false;       // at least one byte of the reply went to the client
};

/// How many retries may run at once on one worker: a share of what is active, so that retries cannot
/// multiply the load of an outage, but always a few.
class RetryBudget {
 public:
  static constexpr std::uint32_t minimum = 3;

  /// `percent`: limits.retry_budget_percent.
  explicit RetryBudget(std::uint32_t percent) : percent_(percent) {}

  /// Takes a place for one retry, given the active requests of the worker. False: counted, no retry.
  [[nodiscard]] bool take(std::uint64_t active_requests) noexcept {
    const std::uint64_t most = std::max<std::uint64_t>(minimum, active_requests * percent_ / 100);
    if (running_ >= most) {
      ++refused_;
      return false;
    }
    ++running_;
    return true;
  }
  /// The exchange that took a place is over.
  void give_back() noexcept { --running_; }

  void set_percent(std::uint32_t percent) noexcept { percent_ = percent; }
  [[nodiscard]] std::uint32_t running() const { return running_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  std::uint32_t percent_;
  std::uint32_t running_ = 0;
  std::uint64_t refused_ = 0;
};

enum class RetryVerdict : std::uint8_t {
  retry,
  not_retryable,   // the end, the method or what was sent forbids it
  attempts_spent,  // limits.retries reached
  budget_spent,
};

/// One exchange's attempts. Gives its place in the budget back when it is destroyed.
class RetryState {
 public:
  /// `retries`: limits.retries, at most max_retries count.
  static constexpr std::uint32_t max_retries = 8;

  RetryState(RetryBudget& budget, std::uint32_t retries) noexcept
      : budget_(budget), retries_(std::min(retries, max_retries)) {}
  ~RetryState() {
    if (holds_place_) budget_.give_back();
  }
  RetryState(const RetryState&) = delete;
  RetryState& operator=(const RetryState&) = delete;

  /// Judges a failed attempt. On `retry` its backend joins excluded(). One exchange takes at most one
  /// place in the budget, whatever its retries.
  [[nodiscard]] RetryVerdict judge(const FailedAttempt& attempt,
                                   std::uint64_t active_requests) noexcept;

  /// Backends already tried, for Balancer::pick().
  [[nodiscard]] std::span<const std::uint32_t> excluded() const { return {tried_.data(), used_}; }
  /// Retries so far.
  [[nodiscard]] std::uint32_t used() const { return used_; }

 private:
  RetryBudget& budget_;
  std::uint32_t retries_;
  std::uint32_t used_ = 0;
  bool holds_place_ = false;
  std::array<std::uint32_t, max_retries> tried_;
};

}  // namespace tandem::lbd
