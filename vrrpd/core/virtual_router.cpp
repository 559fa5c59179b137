#include "vrrpd/core/virtual_router.hpp"

#include <algorithm>
#include <utility>

namespace tandem::vrrp {
namespace {

constexpr Duration longest_settling = std::chrono::seconds(1);
constexpr Duration leaving_repeats = std::chrono::seconds(3);  // a former owner says once a second that it still cares

std::uint8_t lowest_peer(const RouterConfig& config) {
  if (config.foreign || config.most_weights >= yielded_priority) return lowest_priority;
  return static_cast<std::uint8_t>(yielded_priority - config.most_weights);
}

}  // namespace

VirtualRouter::VirtualRouter(const RouterConfig& config)
    : config_(config),
      fsm_(FsmConfig{.priority = priority_of(config.preferred, Override::none, config.foreign_priority),
                     .advert_interval = config.advert_interval,
                     .preempt = false,
                     .address = config.address,
                     .skew_by_seconds = config.skew_by_seconds,
                     .in_step_with = config.in_step_with,
                     .lowest_peer = lowest_peer(config)}) {}

std::uint8_t VirtualRouter::priority() const {
  const std::uint8_t priority = priority_of(config_.preferred, override_, config_.foreign_priority);
  return override_ == Override::forced ? priority : handicap_.lower(priority);
}

void VirtualRouter::set_override(Override override) {
  override_ = override;
  fsm_.set_priority(priority());
}

VirtualRouter::Preemption VirtualRouter::preemption(TimePoint now) const {
  if (!config_.preempt) return Preemption::disabled;
  if (override_ == Override::yielded && !new_owner_.got_worse()) return Preemption::yielded;
  if (!in_sync_) return Preemption::not_in_sync;
  if (now < started_ + config_.preempt_delay) return Preemption::delayed;
  if (!verdict_.may_preempt) return Preemption::no_sight;
  if (damping_.holds(now)) return Preemption::damped;
  if (looked_at_ && less_fit_since_ && *looked_at_ <= *less_fit_since_) return Preemption::unsure;
  return Preemption::allowed;
}

Actions VirtualRouter::update(const Surroundings& surroundings, TimePoint now) {
  in_sync_ = surroundings.in_sync;
  handicap_.set(surroundings.failing_weights);
  fsm_.set_priority(priority());
  const Fault before = fault_;
  fault_ = fault_of(surroundings);
  Actions out;
  if (stopping_ && fault_ == Fault::none) return out;
  if (fault_ == Fault::none) {
    if (fsm_.state() == State::initialize) started_ = now;
    out = fsm_.startup(now);
  } else if (fault_ != before) {
    out = fsm_.shutdown(release_for(fault_), Cause::fault, now);
    // Moves that were asked for before are over with it: afterwards the address goes where it belongs.
    if (fault_ == Fault::maintenance) set_override(Override::none);
  }
  return finish(out, now);
}

Actions VirtualRouter::stop(TimePoint now) {
  stopping_ = true;
  return finish(fsm_.shutdown(Release::planned, Cause::stopping, now), now);
}

void VirtualRouter::note_owner(std::uint8_t priority, TimePoint now) {
  if (override_ == Override::yielded && priority > 0) new_owner_.heard(priority);
  const bool less_fit = priority > 0 && priority < this->priority();
  if (!less_fit) less_fit_since_.reset();
  else if (!less_fit_since_) less_fit_since_ = now;
}

Actions VirtualRouter::advert(const HeardAdvert& heard, TimePoint now) {
  if (heard.priority == 0 && fsm_.state() == State::active) note_leaver(now);
  note_owner(heard.priority, now);
  fsm_.set_preempt(preemption(now) == Preemption::allowed);
  return finish(fsm_.advert(heard, now), now);
}

// Somebody else owned the address until now, and told the LAN so: perhaps beside this node, which could not hear it.
void VirtualRouter::note_leaver(TimePoint now) {
  if (!left_at_ || now - *left_at_ >= leaving_repeats) announcements_.start(now);
  left_at_ = now;
}

Actions VirtualRouter::on_time(TimePoint now) {
  Actions out = fsm_.on_time(now);
  if (settled_at_ && now >= *settled_at_) {
    settled_at_.reset();
    set_override(Override::kept);
  }
  return finish(out, now);
}

Actions VirtualRouter::fail_over(TimePoint now) {
  Actions out;
  if (fsm_.state() == State::active) {
    set_override(Override::yielded);
    new_owner_ = {};
    out = fsm_.hand_over(now);
  } else if (fsm_.state() == State::backup) {
    handicap_.accept();
    set_override(Override::forced);
    out = fsm_.promote(now);
    settle_later(now);
  }
  return finish(out, now);
}

// A forced move is over when the former owner has been silent for one and a half intervals.
void VirtualRouter::settle_later(TimePoint now) {
  settled_at_ = now + std::min(config_.advert_interval * 3 / 2, longest_settling);
}

// What follows from a step of the state machine for the override and the announcements.
Actions VirtualRouter::finish(Actions actions, TimePoint now) {
  bool conflict = false;
  for (const Action& action : actions) {
    if (action.kind == Action::Kind::conflict) conflict = true;
    if (action.kind != Action::Kind::entered) continue;
    if (action.to == State::active) {
      if (override_ == Override::yielded) set_override(Override::none);
      epoch_ = std::max(epoch_, peer_epoch_) + 1;
      announcements_.start(now);
      announcements_.take_due(now);  // the first round is the state machine's own
    } else if (action.from == State::active) {
      note_loss(action.cause, now);
      announcements_.stop();
      settled_at_.reset();
      handicap_.forget();
      if (override_ == Override::forced || override_ == Override::kept) override_ = Override::none;
      set_override(override_);
    }
  }
  if (conflict) announcements_.start(now);
  if (conflict && settled_at_) settle_later(now);
  if (announcements_.take_due(now)) actions.add(Action::announce());
  return actions;
}

// Adverts settle it without a gap where they pass, and a heartbeat may be older than they are.
Verdict VirtualRouter::be_patient(Verdict verdict, TimePoint now) {
  if (verdict.reason != Reason::outvoted) {
    outvoted_since_.reset();
    return verdict;
  }
  if (!outvoted_since_) outvoted_since_ = now;
  const bool waiting = now - *outvoted_since_ < std::min(config_.advert_interval, longest_settling);
  return waiting ? Verdict{.contested = true} : verdict;
}

Actions VirtualRouter::vote(Verdict verdict, std::uint64_t peer_epoch, TimePoint now) {
  verdict = be_patient(verdict, now);
  const bool was_contested = std::exchange(verdict_, verdict).contested;
  peer_epoch_ = std::max(peer_epoch_, peer_epoch);
  fsm_.set_may_promote(verdict.may_promote, now);
  // Only in the moment of the change: heartbeats may be slower than the adverts of a node that is fit again.
  const bool peer_owned = std::exchange(peer_owned_, verdict.peer_owns);
  if (peer_owned && verdict.peer_unfit && verdict.may_promote) fsm_.owner_unfit(now);
  // The peer owned meanwhile, and told the LAN so, until now.
  const bool settled = was_contested || peer_epoch_ >= epoch_;
  if (settled && !verdict.contested && !verdict.must_release && fsm_.state() == State::active) {
    epoch_ = std::max(epoch_, peer_epoch_ + 1);
    announcements_.start(now);
  }
  Actions out;
  if (verdict.must_release) out = fsm_.yield(now);
  return finish(out, now);
}

// What nobody planned. A node that loses its address again and again shall not take it back each time.
void VirtualRouter::note_loss(Cause cause, TimePoint now) {
  const bool may_flap = release_for(fault_) == Release::at_once || fault_ == Fault::sync_group || fault_ == Fault::tracked;
  const bool broken = cause == Cause::fault && may_flap;
  const bool less_fit = cause == Cause::higher_priority && handicap_.in_force();
  const bool against_will = cause == Cause::late || cause == Cause::voted || less_fit;
  if (against_will || broken) damping_.lost(now);
  if (against_will) started_ = now;
}

std::optional<TimePoint> VirtualRouter::deadline() const {
  std::optional<TimePoint> nearest = fsm_.deadline();
  for (const auto& other : {announcements_.deadline(), settled_at_}) {
    if (other && (!nearest || *other < *nearest)) nearest = other;
  }
  return nearest;
}

}  // namespace tandem::vrrp
