#include "lbd/core/retry.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tandem::lbd;

namespace {

FailedAttempt attempt(SessionEnd end, bool idempotent, bool sent) {
  FailedAttempt failed;
  failed.end = end;
  failed.idempotent = idempotent;
  failed.request_sent = sent;
  return failed;
}

RetryVerdict judge_once(const FailedAttempt& failed) {
  RetryBudget budget(20);
  RetryState state(budget, 2);
  return state.judge(failed, 100);
}

}  // namespace

TEST_CASE("every end x idempotent x sent") {
  for (std::size_t i = 0; i < session_end_count; ++i) {
    const auto end = static_cast<SessionEnd>(i);
    CAPTURE(info(end).name);
    for (const bool idempotent : {false, true}) {
      for (const bool sent : {false, true}) {
        bool wanted = false;
        if (info(end).retry == EndRetry::if_unsent) wanted = !sent;
        if (info(end).retry == EndRetry::if_idempotent) wanted = idempotent || !sent;
        const FailedAttempt failed = attempt(end, idempotent, sent);
        CHECK((judge_once(failed) == RetryVerdict::retry) == wanted);
        FailedAttempt late = failed;
        late.reply_begun = true;
        CHECK(judge_once(late) == RetryVerdict::not_retryable);
        late = failed;
        late.body_lost = true;
        CHECK(judge_once(late) == RetryVerdict::not_retryable);
      }
    }
  }
  CHECK(judge_once(attempt(SessionEnd::backend_connect_refused, false, false)) == RetryVerdict::retry);
  CHECK(judge_once(attempt(SessionEnd::backend_closed_early, false, true)) == RetryVerdict::not_retryable);
  CHECK(judge_once(attempt(SessionEnd::backend_response_timeout, true, true)) == RetryVerdict::not_retryable);
}

TEST_CASE("attempts end, and each goes elsewhere") {
  RetryBudget budget(20);
  RetryState state(budget, 2);
  FailedAttempt failed = attempt(SessionEnd::backend_connect_refused, true, false);
  failed.backend = 4;
  CHECK(state.judge(failed, 0) == RetryVerdict::retry);
  failed.backend = 6;
  CHECK(state.judge(failed, 0) == RetryVerdict::retry);
  CHECK(std::vector<std::uint32_t>(state.excluded().begin(), state.excluded().end()) ==
        std::vector<std::uint32_t>{4, 6});
  CHECK(state.judge(failed, 0) == RetryVerdict::attempts_spent);
  CHECK(state.used() == 2);
  CHECK(budget.running() == 1);
  RetryState never(budget, 0);
  CHECK(never.judge(failed, 0) == RetryVerdict::attempts_spent);
  RetryState many(budget, 1000);
  for (std::uint32_t i = 0; i < RetryState::max_retries; ++i) CHECK(many.judge(failed, 0) == RetryVerdict::retry);
  CHECK(many.judge(failed, 0) == RetryVerdict::attempts_spent);
}

TEST_CASE("the budget bounds retries by what is active, but allows three") {
  const FailedAttempt failed = attempt(SessionEnd::backend_reset, true, true);
  RetryBudget budget(20);
  {
    RetryState a(budget, 2), b(budget, 2), c(budget, 2), d(budget, 2);
    CHECK(a.judge(failed, 0) == RetryVerdict::retry);
    CHECK(b.judge(failed, 0) == RetryVerdict::retry);
    CHECK(c.judge(failed, 15) == RetryVerdict::retry);
    CHECK(d.judge(failed, 15) == RetryVerdict::budget_spent);
    CHECK(a.judge(failed, 0) == RetryVerdict::retry);  // holds its place already
    CHECK(budget.refused() == 1);
    CHECK(d.judge(failed, 20) == RetryVerdict::retry);
    CHECK(budget.running() == 4);
  }
  CHECK(budget.running() == 0);
  budget.set_percent(0);
  RetryState still(budget, 2);
  CHECK(still.judge(failed, 1000000) == RetryVerdict::retry);
}
