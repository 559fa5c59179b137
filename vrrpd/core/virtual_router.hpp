// One virtual address of this node: the state machine under our policy, with its announcements.
// Pure; the shell (vrrpd/io/instance.hpp) and the simulation drive it the same way.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "vrrpd/core/actions.hpp"
#include "vrrpd/core/announce_schedule.hpp"
#include "vrrpd/core/damping.hpp"
#include "vrrpd/core/fsm.hpp"
#include "vrrpd/core/handicap.hpp"
#include "vrrpd/core/policy.hpp"
#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {

struct RouterConfig {
  bool preferred = false;  // this node is the address's preferred one
  Duration advert_interval = std::chrono::milliseconds(100);
  bool preempt = true;
  Duration preempt_delay{};
  IpAddress address{};  // that adverts are sent from
  bool skew_by_seconds = false;    // VRRP version 2
  bool foreign = false;            // the other router is none of ours
  std::uint8_t foreign_priority = 0;  // then: our priority, if the operator chose one
  std::uint32_t most_weights = 0;     // what failing conditions can take from a priority, ours or the peer's
  std::optional<TimePoint> in_step_with{};  // FsmConfig::in_step_with
};

class VirtualRouter {
 public:
  explicit VirtualRouter(const RouterConfig& config);

  /// The node changed, or is seen for the first time: starts up, or gives up, accordingly.
  Actions update(const Surroundings& surroundings, TimePoint now);
  /// The end, by plan: the caller waits until holds_addresses() is false.
  Actions stop(TimePoint now);
  Actions advert(const HeardAdvert& heard, TimePoint now);
  Actions on_time(TimePoint now);
  /// Fsm::lapse and Fsm::is_late.
  Actions lapse(TimePoint now) { return finish(fsm_.lapse(now), now); }
  [[nodiscard]] bool is_late(TimePoint now) const { return fsm_.is_late(now); }
  /// The operator moves the address: away if this node is Active, here if it is Backup. In Initialize
  /// nothing happens.
  Actions fail_over(TimePoint now);
  /// What the voices say now (votes.hpp); `peer_epoch`: the greatest that the peer ever named. An owner that must
  /// release does (outvoted: if the adverts have not settled it within an interval, a second at most); a Backup that may
  /// not believe in silence waits, and one whose owner has just become unfit waits no longer. To be called often: time
  /// passes between the calls.
  Actions vote(Verdict verdict, std::uint64_t peer_epoch, TimePoint now);
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }
  [[nodiscard]] bool held() const { return fsm_.held(); }
  /// Grows with each promotion beyond every epoch that this node heard of: after a split the greater one wins.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  /// The addresses were put back after somebody removed them: tell the LAN.
  void announce_again(TimePoint now) { announcements_.start(now); }
  void set_address(const IpAddress& address) { fsm_.set_address(address); }
  /// When the oldest of the looks began that last saw this node's polled conditions hold. A less fit owner is not
  /// preempted before each was seen to hold since: what failed there may be failing here.
  void set_looked_at(std::optional<TimePoint> looked_at) { looked_at_ = looked_at; }

  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// When the state machine itself is due (without announcements); its lateness matters.
  [[nodiscard]] std::optional<TimePoint> protocol_deadline() const { return fsm_.deadline(); }
  [[nodiscard]] State state() const { return fsm_.state(); }
  [[nodiscard]] bool holds_addresses() const { return fsm_.holds_addresses(); }
  [[nodiscard]] bool handing_over() const { return fsm_.handing_over(); }
  [[nodiscard]] std::uint8_t priority() const;
  [[nodiscard]] Override override_in_force() const { return override_; }
  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] Duration active_adver_interval() const { return fsm_.active_adver_interval(); }
  [[nodiscard]] Duration skew_time() const { return fsm_.skew_time(); }
  [[nodiscard]] Duration active_down_interval() const { return fsm_.active_down_interval(); }
  [[nodiscard]] Duration farewell_time() const { return fsm_.farewell_time(); }

  /// Whether a living owner of lower priority would be preempted, and if not, why not.
  enum class Preemption : std::uint8_t {
    allowed, disabled, yielded, delayed, damped, no_sight, not_in_sync, unsure
  };
  [[nodiscard]] Preemption preemption(TimePoint now) const;

 private:
  Actions finish(Actions actions, TimePoint now);
  void settle_later(TimePoint now);
  void note_leaver(TimePoint now);
  [[nodiscard]] Verdict be_patient(Verdict verdict, TimePoint now);
  void set_override(Override override);
  void note_owner(std::uint8_t priority, TimePoint now);
  void note_loss(Cause cause, TimePoint now);

  RouterConfig config_;
  Fsm fsm_;
  AnnounceSchedule announcements_;
  Override override_ = Override::none;
  Fault fault_ = Fault::lbd_dead;
  bool in_sync_ = false;
  bool stopping_ = false;
  TimePoint started_{};       // of the last startup: preempt_delay counts from here
  Damping damping_;
  Verdict verdict_;
  bool peer_owned_ = false;  // by its heartbeat before this one
  std::optional<TimePoint> outvoted_since_;
  std::optional<TimePoint> left_at_;  // when an advert of priority 0 was heard last while Active
  std::uint64_t epoch_ = 0;
  std::uint64_t peer_epoch_ = 0;
  Handicap handicap_;
  NewOwner new_owner_;                       // while yielded
  std::optional<TimePoint> looked_at_;
  std::optional<TimePoint> less_fit_since_;  // an owner of lower priority has been heard since
  std::optional<TimePoint> settled_at_;  // while forced: when silence will have confirmed the move
};

}  // namespace tandem::vrrp
