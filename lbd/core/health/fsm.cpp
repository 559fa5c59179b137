#include "lbd/core/health/fsm.hpp"

#include <algorithm>

#include "common/base/assert.hpp"

namespace tandem::lbd {
namespace {

constexpr Duration longest_first_delay = std::chrono::milliseconds(100);

/// Somewhere in [0, most].
Duration up_to(Duration most, std::uint64_t random) {
  return Duration(static_cast<Duration::rep>(random % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace

HealthFsm::HealthFsm(const config::HealthCheckConfig& config, TimePoint now, std::uint64_t random)
    : config_(config), since_(now) {
  const Duration spread = std::min(longest_first_delay, config.interval);
  next_probe_ = now + up_to(spread, random);
}

HealthFsm::HealthFsm(const config::HealthCheckConfig& config, const HealthFsm& old, TimePoint now,
                     std::uint64_t random)
    : HealthFsm(config, now, random) {
  verdict_ = old.verdict_;
  since_ = old.since_;
  reason_ = old.reason_;
  contradictions_ = old.contradictions_;
}

bool HealthFsm::probe_due(TimePoint now) {
  if (now < deadline()) return false;
  outstanding_ = true;
  return true;
}

void HealthFsm::hurry(TimePoint now) { next_probe_ = std::min(next_probe_, now); }

bool HealthFsm::on_result(const ProbeResult& result, TimePoint now, std::uint64_t random) {
  TANDEM_ASSERT(outstanding_);
  outstanding_ = false;
  reason_ = result.reason;
  const HealthVerdict seen = result.healthy ? HealthVerdict::up : HealthVerdict::down;
  bool changed = false;
  if (seen == verdict_) {
    contradictions_ = 0;
  } else {
    ++contradictions_;
    const std::uint32_t threshold =
        result.healthy ? config_.healthy_threshold : config_.unhealthy_threshold;
    // The first result decides at once: traffic waits for it.
    if (verdict_ == HealthVerdict::unknown || contradictions_ >= threshold) {
      verdict_ = seen;
      since_ = now;
      contradictions_ = 0;
      changed = true;
    }
  }
  schedule(contradictions_ != 0 ? config_.transition_interval : config_.interval, now, random);
  return changed;
}

void HealthFsm::schedule(Duration interval, TimePoint now, std::uint64_t random) {
  const Duration tenth = interval / 10;
  next_probe_ = now + interval - tenth + up_to(2 * tenth, random);
}

std::string_view to_string(HealthVerdict verdict) {
  switch (verdict) {
    case HealthVerdict::unknown: return "unknown";
    case HealthVerdict::up: return "up";
    case HealthVerdict::down: return "down";
  }
  return "unknown";
}

}  // namespace tandem::lbd
