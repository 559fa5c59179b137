// The operator's failover of one virtual address: asked for, watched, answered.
#include <fmt/core.h>

#include <utility>

#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

}  // namespace

void Instance::fail_over(std::function<void(const FailoverOutcome&)> reply) {
  const auto refuse = [&reply](std::string error, std::string hint) {
    reply({.status = 409, .error = std::move(error), .hint = std::move(hint)});
  };
  go_quiet_if_late();
  if (failover_ || router_.handing_over()) return refuse("a failover of this address is going on already", "");
  if (router_.state() == State::initialize) {
    return refuse("this node may not take over: " + fault_text(),
                  "see lbctl status on this node");
  }
  const bool away = router_.state() == State::active;
  if (away && !config_.virtual_address.foreign && context_.sync.available && !context_.sync.peer_connected) {
    return refuse("no live peer: syncd has no connection to " + config_.peer.name,
                  "start the peer node, or stop vrrpd here if the address shall go down");
  }
  failover_ = Failover{.away = away, .from = owner(), .begun = io::now(), .reply = std::move(reply)};
  perform(router_.fail_over(io::now()));
}

std::optional<TimePoint> Instance::failover_deadline() const {
  return failover_ ? std::optional(failover_->begun + patience) : std::nullopt;
}

std::optional<FailoverOutcome> Instance::failover_outcome(TimePoint now) const {
  FailoverOutcome outcome{.from = failover_->from, .to = config_.self.name};
  if (failover_->away) {
    outcome.to = peer_ ? peer_->name : config_.peer.name;
    if (router_.state() == State::backup && !router_.holds_addresses()) return outcome;
    outcome.status = 409;
    if (router_.state() == State::active) {
      outcome.error = "the peer may not take over: it did not answer, this node keeps the address";
      outcome.hint = "see lbctl status on " + config_.peer.name;
      return outcome;
    }
    if (router_.state() == State::initialize) {
      outcome.error = "this node became unfit meanwhile: " + cause_;
      return outcome;
    }
  } else {
    if (router_.override_in_force() == Override::kept) return outcome;
    outcome.status = 409;
    if (router_.state() != State::active) {
      outcome.error = "the address was lost again: " + cause_;
      return outcome;
    }
  }
  if (now < *failover_deadline()) return std::nullopt;
  outcome.status = 504;
  outcome.error = fmt::format("the address did not move within {} s", patience / std::chrono::seconds(1));
  outcome.hint = "see lbctl status on both nodes";
  return outcome;
}

void Instance::settle_failover() {
  if (!failover_) return;
  const auto outcome = failover_outcome(io::now());
  if (!outcome) return;
  const auto reply = std::move(failover_->reply);
  failover_.reset();
  reply(*outcome);
}

}  // namespace tandem::vrrp
