// The operator's failover of one virtual address: asked for, watched, answered.
#include <fmt/core.h>

#include <utility>

#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

}  // namespace

MovePlan Instance::failover_plan(const FailoverRequest& request) const {
  const MoveTarget target = request.to.empty()              ? MoveTarget::other
                            : request.to == config_.self.name ? MoveTarget::self
                            : request.to == config_.peer.name ? MoveTarget::peer
                                                              : MoveTarget::unknown;
  const bool peer_owns = router_.state() != State::active && !router_.holds_addresses() && !owner().empty();
  const std::optional<PeerVoice> voice = voices(io::now()).peer;
  return plan_move(target, request.force,
                   {.state = router_.state(),
                    .moving = group_->moving() || router_.handing_over(),
                    .peer_owns = peer_owns,
                    .foreign = config_.virtual_address.foreign,
                    .sync_available = context_.sync.available,
                    .peer_connected = context_.sync.peer_connected,
                    .in_sync = context_.sync.in_sync,
                    .peer_fit = voice ? std::optional(voice->fit) : std::nullopt});
}

FailoverOutcome Instance::refusal(Obstacle obstacle, const FailoverRequest& request) const {
  const auto refused = [](int status, std::string error, std::string hint) {
    return FailoverOutcome{.status = status, .error = std::move(error), .hint = std::move(hint)};
  };
  const std::string& peer = config_.peer.name;
  switch (obstacle) {
    case Obstacle::none: break;
    case Obstacle::unknown_node:
      return refused(404, fmt::format("there is no node '{}'", request.to),
                     fmt::format("the nodes are {} and {}", config_.self.name, peer));
    case Obstacle::moving: return refused(409, "a failover of this address is going on already", "");
    case Obstacle::unfit:
      return refused(409, "this node may not take over: " + fault_text(), "see lbctl status on this node");
    case Obstacle::not_owner:
      return refused(409, fmt::format("{} does not own {}, and no other owner is known", config_.self.name, name()),
                     "see lbctl status on both nodes");
    case Obstacle::no_live_peer:
      return refused(409, "no live peer: syncd has no connection to " + peer,
                     "start the peer node, or stop vrrpd here if the address shall go down");
    case Obstacle::peer_unfit:
      return refused(409, fmt::format("{} may not take over: it says that it is not fit to own {}", peer, name()),
                     "see lbctl status on " + peer);
    case Obstacle::not_in_sync:
      return refused(409, "the nodes are not in sync, the new owner would forget clients: " + context_.sync.reason,
                     "wait until lbctl sync says so, or use --force");
  }
  return {};
}

std::optional<FailoverOutcome> Instance::failover_obstacle(const FailoverRequest& request) const {
  const MovePlan plan = failover_plan(request);
  if (plan.obstacle == Obstacle::none) return std::nullopt;
  return refusal(plan.obstacle, request);
}

void Instance::fail_over(const FailoverRequest& request, std::function<void(const FailoverOutcome&)> reply) {
  go_quiet_if_late();
  const MovePlan plan = failover_plan(request);
  if (plan.obstacle != Obstacle::none) return reply(refusal(plan.obstacle, request));
  const auto answer = [reply = std::move(reply), group = config_.virtual_address.sync_group,
                       with = names_beside()](FailoverOutcome outcome) {
    outcome.sync_group = group;
    outcome.with = with;
    reply(outcome);
  };
  if (plan.move == Move::none) return answer({.from = owner(), .to = owner(), .moved = false});
  failover_ = Failover{.away = plan.move == Move::away, .from = owner(), .begun = io::now(), .moved = {}, .reply = answer};
  group_->fail_over(*this, io::now());
}

std::vector<std::string> Instance::names_beside() const {
  std::vector<std::string> names;
  for (const auto& member : config_.group) {
    if (member.name != name()) names.push_back(member.name);
  }
  return names;
}

std::optional<TimePoint> Instance::failover_deadline() const {
  return failover_ ? std::optional(failover_->begun + patience) : std::nullopt;
}

std::optional<FailoverOutcome> Instance::failover_outcome(TimePoint now) const {
  FailoverOutcome outcome{.from = failover_->from, .to = config_.self.name,
                          .took = failover_->moved.value_or(now) - failover_->begun};
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
  const TimePoint now = io::now();
  // A move to this node has happened long before the former owner's silence has confirmed it.
  if (!failover_->away && !failover_->moved && router_.state() == State::active) failover_->moved = now;
  const auto outcome = failover_outcome(now);
  if (!outcome) return;
  const auto reply = std::move(failover_->reply);
  failover_.reset();
  reply(*outcome);
}

}  // namespace tandem::vrrp
