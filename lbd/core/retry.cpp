#include "lbd/core/retry.hpp"

namespace tandem::lbd {
namespace {

bool retryable(const FailedAttempt& attempt) noexcept {
  if (attempt.reply_begun || attempt.body_lost) return false;
  switch (info(attempt.end).retry) {
    case EndRetry::never:
      return false;
    case EndRetry::if_unsent:
      return !attempt.request_sent;
    case EndRetry::if_idempotent:
      return attempt.idempotent || !attempt.request_sent;
  }
  return false;
}

}  // namespace

RetryVerdict RetryState::judge(const FailedAttempt& attempt, std::uint64_t active_requests) noexcept {
  if (!retryable(attempt)) return RetryVerdict::not_retryable;
  if (used_ == retries_) return RetryVerdict::attempts_spent;
  if (!holds_place_) {
    if (!budget_.take(active_requests)) return RetryVerdict::budget_spent;
    holds_place_ = true;
  }
  tried_[used_++] = attempt.backend;
  return RetryVerdict::retry;
}

}  // namespace tandem::lbd
