#include "lbd/control/health_checker.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "common/io/spawn.hpp"
#include "common/log/log.hpp"
#include "lbd/control/probe.hpp"
#include "lbd/core/health/fsm.hpp"
#include "lbd/core/rng.hpp"

namespace tandem::lbd {
namespace {

namespace asio = boost::asio;

// Every failed connection is a hint: a backend that refuses thousands a second is still probed only so often.
constexpr auto hurry_gap = std::chrono::milliseconds(100);

Availability::Health to_health(HealthVerdict verdict) {
  switch (verdict) {
    case HealthVerdict::unknown: return Availability::Health::unknown;
    case HealthVerdict::up: return Availability::Health::up;
    case HealthVerdict::down: return Availability::Health::down;
  }
  return Availability::Health::unknown;
}

}  // namespace

/// Lives as long as its coroutine, which may outlast the checker by the end of one probe: `stopped` then keeps it
/// from calling back.
class HealthChecker::Check {
 public:
  Check(asio::io_context& io, const HealthTarget& target, std::uint64_t seed, const OnVerdict& on_verdict)
      : id_(target.id),
        address_(target.address),
        rng_(seed),
        fsm_(target.check, io::now(), rng_.next()),
        timer_(io),
        on_verdict_(on_verdict) {}

  static asio::awaitable<void> run(std::shared_ptr<Check> self);

  void stop() {
    stopped_ = true;
    timer_.cancel();
  }
  void replace(const config::HealthCheckConfig& config) {
    const config::HealthCheckConfig& coming = next_config_ ? *next_config_ : fsm_.config();
    if (coming == config) return;
    next_config_ = config;
    timer_.cancel();
  }
  void hurry() {
    if (io::now() - last_probe_ < hurry_gap) return;
    fsm_.hurry(io::now());
    timer_.cancel();
  }
  [[nodiscard]] const ProbeCounts& counts() const { return counts_; }

 private:
  asio::awaitable<void> wait_until(TimePoint time);
  void take_new_config();
  void report(const ProbeReport& report);

  BackendId id_;
  Endpoint address_;
  Rng rng_;
  HealthFsm fsm_;
  std::optional<config::HealthCheckConfig> next_config_;  // waits until no probe is under way
  asio::steady_timer timer_;
  const OnVerdict& on_verdict_;  // the checker's
  ProbeCounts counts_;
  TimePoint last_probe_;  // when it began
  bool stopped_ = false;
};

asio::awaitable<void> HealthChecker::Check::run(std::shared_ptr<Check> self) {
  const asio::any_io_executor executor = self->timer_.get_executor();
  while (!self->stopped_) {
    self->take_new_config();
    if (!self->fsm_.probe_due(io::now())) {
      co_await self->wait_until(self->fsm_.deadline());
      continue;
    }
    self->last_probe_ = io::now();
    ProbeReport found = co_await probe(executor, self->address_, self->fsm_.config());
    while (found.outcome == ProbeReport::Outcome::inconclusive && !self->stopped_) {
      ++self->counts_.inconclusive;
      log::warning("health check of {}: this host could not probe: {}", self->address_.to_string(), found.reason);
      co_await self->wait_until(io::now() + self->fsm_.config().interval);
      found = co_await probe(executor, self->address_, self->fsm_.config());
    }
    if (!self->stopped_) self->report(found);
  }
}

// Elapsed or cancelled, the caller looks at the state anew.
asio::awaitable<void> HealthChecker::Check::wait_until(TimePoint time) {
  timer_.expires_after(time - io::now());
  auto ended = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  static_cast<void>(ended);
}

void HealthChecker::Check::take_new_config() {
  if (!next_config_) return;
  fsm_ = HealthFsm(*next_config_, fsm_, io::now(), rng_.next());
  next_config_.reset();
}

void HealthChecker::Check::report(const ProbeReport& report) {
  const bool passed = report.outcome == ProbeReport::Outcome::passed;
  ++(passed ? counts_.passed : counts_.failed);
  const std::string reason_before = fsm_.reason();
  const bool changed = fsm_.on_result({passed, report.reason}, io::now(), rng_.next());
  if (changed || fsm_.reason() != reason_before) on_verdict_(id_, to_health(fsm_.verdict()), fsm_.reason());
}

HealthChecker::HealthChecker(asio::io_context& io, OnVerdict on_verdict)
    : io_(io), on_verdict_(std::move(on_verdict)) {}

HealthChecker::~HealthChecker() { stop(); }

void HealthChecker::apply(const std::vector<HealthTarget>& targets) {
  std::unordered_set<std::uint32_t> wanted;
  for (const auto& target : targets) {
    const auto id = static_cast<std::uint32_t>(target.id);
    wanted.insert(id);
    if (const auto known = checks_.find(id); known != checks_.end()) {
      known->second->replace(target.check);
      continue;
    }
    const auto seed = static_cast<std::uint64_t>(io::now().time_since_epoch().count()) + id;
    auto check = std::make_shared<Check>(io_, target, seed, on_verdict_);
    checks_.emplace(id, check);
    io::spawn(io_, fmt::format("health check of {}", target.address.to_string()), Check::run(std::move(check)));
  }
  std::erase_if(checks_, [&wanted](const auto& entry) {
    if (wanted.count(entry.first) != 0) return false;
    entry.second->stop();
    return true;
  });
}

void HealthChecker::probe_now(BackendId backend) {
  const auto found = checks_.find(static_cast<std::uint32_t>(backend));
  if (found != checks_.end()) found->second->hurry();
}

void HealthChecker::stop() {
  for (auto& [id, check] : checks_) check->stop();
  checks_.clear();
}

ProbeCounts HealthChecker::counts(BackendId backend) const {
  const auto found = checks_.find(static_cast<std::uint32_t>(backend));
  return found == checks_.end() ? ProbeCounts{} : found->second->counts();
}

}  // namespace tandem::lbd
