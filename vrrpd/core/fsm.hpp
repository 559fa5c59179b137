// One virtual router's state machine, RFC 9568 section 6.4, as a value: events and the time go in,
// actions come out.
//
// Contract
//   pure       no socket, clock or log
//   total      every (state, event) pair is defined; what the RFC does not name does nothing
//   idle-safe  on_time() before the deadline does nothing: late, early and double wake-ups are harmless
//
// Timers: Active_Down_Timer (backup), Adver_Timer (active), and while addresses are handed over the
// repetition of the priority-0 advert and the end of the hand-over. deadline() is the nearest.
//
// DEVIATION(rfc9568 6.4.2): a new owner installs the addresses before its first advert, not after: that
// advert makes a living former owner drop them, and somebody shall answer always.
// DEVIATION(rfc9568 6.4): for 20 ms after an owner's priority-0 advert, other adverts of its sender are taken for
// older ones that the network delivered late, and ignored. Nobody who left is back that soon.
// DEVIATION(rfc9568 6.4): with FsmConfig::in_step_with the first advert after another event comes sooner than after a whole
// Advertisement_Interval, never later.
// Beyond the RFC: the planned hand-over (make before break), see shutdown() and hand_over(); and lateness.
// An Active that was not called in time may have been replaced: it goes quiet (Cause::late) and listens for
// one interval. A Backup that is late does not know whether it missed adverts: it listens once more, too.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "vrrpd/core/actions.hpp"

namespace tandem::vrrp {

struct FsmConfig {
  std::uint8_t priority = 100;  // 1..255; 255 is the address owner, who becomes Active at once (6.4.1)
  Duration advert_interval = std::chrono::milliseconds(100);  // whole centiseconds, up to 40.95 s
  bool preempt = true;          // Preempt_Mode
  IpAddress address{};          // primary address that adverts are sent from; the tie-breaker
  bool skew_by_seconds = false;  // VRRP version 2: Skew_Time is a part of a second, whatever the interval
  // Adverts at whole intervals after this moment, so that all routers of a node share one wake-up.
  std::optional<TimePoint> in_step_with{};
  std::uint8_t lowest_peer = 251;  // lowest priority of a peer: the longest Skew_Time that a hand-over waits for
};

/// A valid advertisement for this virtual router from another one.
struct HeardAdvert {
  std::uint8_t priority = 0;
  Duration interval{};  // > 0
  IpAddress source{};
};

/// How addresses are given up.
enum class Release : std::uint8_t {
  at_once,  // they are gone when the call returns: nobody here could answer
  planned,  // kept until the peer is heard as owner, or for hand_over_time() at most
};

class Fsm {
 public:
  explicit Fsm(const FsmConfig& config);

  /// 6.4.1 Startup: to Backup, the address owner to Active. No effect unless in Initialize.
  Actions startup(TimePoint now);
  /// 6.4.2, 6.4.3 Shutdown, for `cause`. In Initialize only Release::at_once has an effect: it ends a
  /// hand-over that is still going on.
  Actions shutdown(Release release, Cause cause, TimePoint now);
  /// Active gives the address to another node but stays in the game: Shutdown and Startup in one, with
  /// the addresses kept until another owner is heard. Becomes Active again if none is.
  Actions hand_over(TimePoint now);
  /// Backup becomes Active now, for Cause::forced.
  Actions promote(TimePoint now);
  /// 6.4.2, 6.4.3 (350)-(750): an advertisement was received.
  Actions advert(const HeardAdvert& heard, TimePoint now);
  /// Whatever is due at `now`.
  Actions on_time(TimePoint now);
  /// The shell knows that the lease is over, by a clock that this machine does not see. No effect unless Active.
  Actions lapse(TimePoint now);

  /// Active gives up at once, because the other voices are against it; stays in the game as a Backup.
  Actions yield(TimePoint now);

  /// Whether silence may be believed (votes.hpp). Without it a Backup whose Active_Down_Timer ran out in silence
  /// waits, and asks again each eighth of an interval; it becomes Active with the next on_time() once it may.
  /// Priority 0, preemption and the operator need no vote.
  void set_may_promote(bool may, TimePoint now);
  /// A Backup hears by another way than an advert what priority 0 says: the owner has given up, and is not fit to own. Waits
  /// for Skew_Time only, for Cause::owner_unfit.
  void owner_unfit(TimePoint now);
  /// Backup, and only the vote is in the way.
  [[nodiscard]] bool held() const { return held_; }

  /// Takes effect with the next comparison and the next advert.
  void set_priority(std::uint8_t priority) { config_.priority = priority; }
  /// Preempt_Mode may change at any time.
  void set_preempt(bool preempt) { config_.preempt = preempt; }
  void set_address(const IpAddress& address) { config_.address = address; }

  [[nodiscard]] State state() const { return state_; }
  /// True from take_addresses to drop_addresses.
  [[nodiscard]] bool holds_addresses() const { return holds_; }
  [[nodiscard]] bool handing_over() const { return hand_over_.has_value(); }
  /// nullopt: nothing to wait for.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Active_Adver_Interval, Skew_Time and Active_Down_Interval of section 6.1.
  [[nodiscard]] Duration active_adver_interval() const { return active_adver_interval_; }
  [[nodiscard]] Duration skew_time() const;
  [[nodiscard]] Duration active_down_interval() const;
  /// How long a planned release waits for the peer: 100 ms and the longest Skew_Time of our policy.
  [[nodiscard]] Duration hand_over_time() const;
  /// Active, and no advert was sent for lease_length(): the peer may own the addresses by now.
  [[nodiscard]] bool is_late(TimePoint now) const;
  /// How long an advert of priority 0 covers the addresses while they are handed over: until after the next one.
  [[nodiscard]] Duration farewell_time() const { return 2 * zero_repeat(); }

 private:
  struct HandOver {
    TimePoint end;        // then the addresses are dropped
    TimePoint next_zero;  // then priority 0 is sent again: the first one may have been lost
  };

  struct Leaver {
    IpAddress source;
    TimePoint until;
  };

  bool is_stale(const HeardAdvert& heard, TimePoint now);
  void hold_if_voted(TimePoint now);
  void become_active(Cause cause, TimePoint now, Actions& out);
  void send_advert(TimePoint now, Actions& out);
  [[nodiscard]] TimePoint next_advert(TimePoint now) const;
  void lapse_if_late(TimePoint now, Actions& out);
  void go_quiet(TimePoint now, Actions& out);
  void listen(TimePoint now);
  bool listen_again(TimePoint now, Actions& out);
  void leave_active(State to, Cause cause, Actions& out);
  void start_hand_over(TimePoint now, Duration limit, Actions& out);
  void drop_addresses(Actions& out);
  void backup_advert(const HeardAdvert& heard, TimePoint now);
  void active_advert(const HeardAdvert& heard, TimePoint now, Actions& out);
  [[nodiscard]] Duration zero_repeat() const;
  [[nodiscard]] Duration skew_of(std::uint8_t priority, Duration interval) const;

  FsmConfig config_;
  State state_ = State::initialize;
  Duration active_adver_interval_;
  TimePoint timer_{};  // Active_Down_Timer or Adver_Timer; meaningless in Initialize
  Cause timer_cause_ = Cause::adverts_missed;  // what Active_Down_Timer's end will mean
  TimePoint entitled_until_{};  // while Active: the end of the lease
  bool may_promote_ = true;
  bool held_ = false;
  TimePoint listening_until_{};  // after lateness
  bool listened_again_ = false;  // since the last advert heard: a Backup that is always late still takes over
  bool holds_ = false;
  std::optional<IpAddress> last_owner_;  // who advertised last, if nobody has left since
  std::optional<Leaver> leaver_;         // the one that said priority 0 after its adverts
  std::optional<HandOver> hand_over_;  // set only while holds_ and not Active
};

}  // namespace tandem::vrrp
