#include "vrrpd/core/fsm.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "vrrpd/core/lease.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration hand_over_base = std::chrono::milliseconds(100);
constexpr Duration zero_repeat_base = std::chrono::milliseconds(20);
constexpr Duration late_delivery = std::chrono::milliseconds(20);
constexpr std::uint8_t address_owner_priority = 255;
constexpr Duration second = std::chrono::seconds(1);

}  // namespace

Fsm::Fsm(const FsmConfig& config) : config_(config), active_adver_interval_(config.advert_interval) {
  TANDEM_ASSERT(config.priority >= 1);
  TANDEM_ASSERT(config.advert_interval > Duration::zero());
}

Duration Fsm::skew_of(std::uint8_t priority, Duration interval) const {
  return (config_.skew_by_seconds ? second : interval) * (256 - priority) / 256;
}

Duration Fsm::skew_time() const { return skew_of(config_.priority, active_adver_interval_); }

Duration Fsm::active_down_interval() const { return 3 * active_adver_interval_ + skew_time(); }

Duration Fsm::hand_over_time() const {
  return hand_over_base + skew_of(config_.lowest_peer, config_.advert_interval);
}

// Longer than a peer's Skew_Time: each priority-0 advert starts that timer anew.
Duration Fsm::zero_repeat() const {
  return zero_repeat_base + skew_of(config_.lowest_peer, config_.advert_interval);
}

bool Fsm::is_late(TimePoint now) const { return state_ == State::active && now >= entitled_until_; }

Actions Fsm::startup(TimePoint now) {
  Actions out;
  if (state_ != State::initialize) return out;
  listened_again_ = false;
  if (config_.priority == address_owner_priority) {  // (100)
    become_active(Cause::startup, now, out);
    return out;
  }
  active_adver_interval_ = config_.advert_interval;  // (150)
  timer_ = now + active_down_interval();             // (155)
  timer_cause_ = Cause::adverts_missed;
  state_ = State::backup;
  out.add(Action::entered(State::initialize, State::backup, Cause::startup));
  return out;
}

Actions Fsm::shutdown(Release release, Cause cause, TimePoint now) {
  Actions out;
  held_ = false;
  lapse_if_late(now, out);
  const State from = state_;
  state_ = State::initialize;
  if (from == State::active) {
    if (release == Release::planned) {
      start_hand_over(now, hand_over_time(), out);
    } else {
      out.add(Action::send_advert(0));
    }
  }
  if (release == Release::at_once && holds_) drop_addresses(out);
  if (from != State::initialize) out.add(Action::entered(from, State::initialize, cause));
  return out;
}

Actions Fsm::hand_over(TimePoint now) {
  Actions out;
  lapse_if_late(now, out);
  if (state_ != State::active) return out;
  active_adver_interval_ = config_.advert_interval;
  timer_ = now + active_down_interval();
  timer_cause_ = Cause::nobody_took_over;
  state_ = State::backup;
  // Kept until this node would take the addresses back: nobody else answers for them meanwhile.
  start_hand_over(now, active_down_interval(), out);
  out.add(Action::entered(State::active, State::backup, Cause::failover));
  return out;
}

Actions Fsm::promote(TimePoint now) {
  Actions out;
  if (state_ == State::backup) become_active(Cause::forced, now, out);
  return out;
}

// Only the first priority 0 after adverts: a former owner repeats it while it cares for its connections, and may be
// back between two of them.
bool Fsm::is_stale(const HeardAdvert& heard, TimePoint now) {
  if (heard.priority == 0) {
    if (last_owner_ == heard.source) leaver_ = Leaver{.source = heard.source, .until = now + late_delivery};
    last_owner_.reset();
    return false;
  }
  last_owner_ = heard.source;
  return leaver_ && leaver_->source == heard.source && now < leaver_->until &&
         heard.priority != address_owner_priority;  // which becomes Active without waiting (6.4.1)
}

Actions Fsm::advert(const HeardAdvert& heard, TimePoint now) {
  Actions out;
  lapse_if_late(now, out);
  if (is_stale(heard, now)) return out;
  if (hand_over_ && heard.priority > 0) drop_addresses(out);  // the new owner answers from now on
  switch (state_) {
    case State::initialize: break;
    case State::backup: backup_advert(heard, now); break;
    case State::active: active_advert(heard, now, out); break;
  }
  return out;
}

void Fsm::backup_advert(const HeardAdvert& heard, TimePoint now) {
  held_ = false;
  listened_again_ = false;
  if (heard.priority == 0) {  // (420)
    if (hand_over_) return;  // a former owner repeats its word; the next one still has all the time to take the addresses
    timer_ = std::max(now + skew_time(), listening_until_);
    timer_cause_ = Cause::priority_zero;
  } else if (!config_.preempt || heard.priority >= config_.priority) {  // (430)
    active_adver_interval_ = heard.interval;
    timer_ = now + active_down_interval();
    timer_cause_ = Cause::adverts_missed;
  } else {  // (440) discarded, so that the timer runs out
    timer_cause_ = Cause::preempting;
  }
}

void Fsm::active_advert(const HeardAdvert& heard, TimePoint now, Actions& out) {
  if (heard.priority == 0) {  // (720)
    send_advert(now, out);
    timer_ = next_advert(now);
    return;
  }
  const bool higher = heard.priority > config_.priority;
  const bool tie_lost = heard.priority == config_.priority && heard.source > config_.address;
  if (higher || tie_lost) {  // (725)
    active_adver_interval_ = heard.interval;
    timer_ = now + active_down_interval();
    timer_cause_ = Cause::adverts_missed;
    leave_active(State::backup, higher ? Cause::higher_priority : Cause::tie_lost, out);
    return;
  }
  send_advert(now, out);  // (740) discarded, and answered at once
  out.add(Action::conflict());
}

Actions Fsm::on_time(TimePoint now) {
  Actions out;
  lapse_if_late(now, out);
  if (listen_again(now, out)) return out;
  hold_if_voted(now);
  // First: a hand-over by hand_over() ends in the same moment as Active_Down_Timer, which keeps the addresses.
  if (state_ == State::backup && now >= timer_) {
    become_active(timer_cause_, now, out);
    return out;
  }
  if (state_ == State::active && now >= timer_) {
    send_advert(now, out);
    // An even cadence: lateness must not add up, a peer tolerates two lost adverts and Skew_Time only.
    timer_ += config_.advert_interval;
    if (timer_ <= now) timer_ = next_advert(now);
  }
  if (hand_over_) {
    if (now >= hand_over_->end) {
      drop_addresses(out);
    } else if (now >= hand_over_->next_zero) {
      out.add(Action::send_advert(0));
      hand_over_->next_zero = now + zero_repeat();
    }
  }
  return out;
}

void Fsm::hold_if_voted(TimePoint now) {
  const bool silent = state_ == State::backup && now >= timer_ && timer_cause_ == Cause::adverts_missed;
  if (!silent || may_promote_) return;
  held_ = true;
  listened_again_ = false;  // the peer lives: the next lateness proves as little as the first
  timer_ = now + active_adver_interval_ / 8;
}

void Fsm::become_active(Cause cause, TimePoint now, Actions& out) {
  const State from = state_;
  state_ = State::active;
  held_ = false;
  holds_ = true;
  hand_over_.reset();
  // Whoever owned before owns no more: that it still cares for its connections (priority 0) is no news, and what it
  // says next is meant.
  last_owner_.reset();
  timer_ = next_advert(now);
  out.add(Action::take_addresses());
  send_advert(now, out);
  out.add(Action::announce());
  out.add(Action::entered(from, State::active, cause));
}

void Fsm::send_advert(TimePoint now, Actions& out) {
  out.add(Action::send_advert(config_.priority));
  entitled_until_ = now + lease_length(config_.advert_interval);
}

TimePoint Fsm::next_advert(TimePoint now) const {
  const TimePoint next = now + config_.advert_interval;
  return config_.in_step_with ? next - (next - *config_.in_step_with) % config_.advert_interval : next;
}

Actions Fsm::lapse(TimePoint now) {
  Actions out;
  if (state_ == State::active) go_quiet(now, out);
  return out;
}

Actions Fsm::yield(TimePoint now) {
  Actions out;
  lapse_if_late(now, out);
  if (state_ != State::active) return out;
  active_adver_interval_ = config_.advert_interval;
  timer_ = now + active_down_interval();
  timer_cause_ = Cause::adverts_missed;
  out.add(Action::send_advert(0));
  leave_active(State::backup, Cause::voted, out);
  return out;
}

void Fsm::set_may_promote(bool may, TimePoint now) {
  may_promote_ = may;
  if (!may || !held_) return;
  held_ = false;
  // One that is overdue stays so: this node may not have heard why it was held. Who listens does not stop for a vote:
  // the peer's heartbeats are as old as this node is late.
  if (now >= listening_until_) timer_ = std::min(timer_, now);
}

// Overdue is on_time()'s business: this node may have been held up, and the word as old as that.
void Fsm::owner_unfit(TimePoint now) {
  if (state_ != State::backup || hand_over_ || now >= timer_) return;
  const TimePoint soon = std::max(now + skew_time(), listening_until_);
  if (soon >= timer_) return;
  timer_ = soon;
  timer_cause_ = Cause::owner_unfit;
}

void Fsm::lapse_if_late(TimePoint now, Actions& out) {
  if (is_late(now)) go_quiet(now, out);
}

// Not a word on the LAN: an advert of ours would depose the node that took over.
void Fsm::go_quiet(TimePoint now, Actions& out) {
  active_adver_interval_ = config_.advert_interval;
  listen(now);
  leave_active(State::backup, Cause::late, out);
}

// For one interval. What this node reads first may have waited in its queue since before: a priority 0 among it is none.
void Fsm::listen(TimePoint now) {
  listened_again_ = true;
  listening_until_ = now + active_adver_interval_ + skew_time();
  timer_ = listening_until_;
  timer_cause_ = Cause::adverts_missed;
}

// Adverts may have come and gone while this node (a paused machine, for one) could not hear them.
bool Fsm::listen_again(TimePoint now, Actions& out) {
  if (state_ != State::backup || listened_again_ || now - timer_ < active_adver_interval_) return false;
  listen(now);
  if (hand_over_) drop_addresses(out);
  return true;
}

void Fsm::leave_active(State to, Cause cause, Actions& out) {
  state_ = to;
  drop_addresses(out);
  out.add(Action::entered(State::active, to, cause));
}

void Fsm::start_hand_over(TimePoint now, Duration limit, Actions& out) {
  hand_over_ = HandOver{.end = now + limit, .next_zero = now + zero_repeat()};
  out.add(Action::send_advert(0));
}

void Fsm::drop_addresses(Actions& out) {
  holds_ = false;
  hand_over_.reset();
  out.add(Action::drop_addresses());
}

std::optional<TimePoint> Fsm::deadline() const {
  std::optional<TimePoint> nearest;
  if (state_ != State::initialize) nearest = timer_;
  if (hand_over_) {
    const TimePoint next = std::min(hand_over_->end, hand_over_->next_zero);
    nearest = nearest ? std::min(*nearest, next) : next;
  }
  return nearest;
}

}  // namespace tandem::vrrp
