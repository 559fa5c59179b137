// One virtual address at work: carries out what the pure VirtualRouter of its group decides.
//
// Owned by the daemon, io thread only. Everything that happens to it ends in InstanceGroup::perform(): first packets
// and addresses, then words.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/config/model.hpp"
#include "common/metrics/histogram.hpp"
#include "vrrpd/core/move.hpp"
#include "vrrpd/core/restore_pace.hpp"
#include "vrrpd/core/router_addresses.hpp"
#include "vrrpd/io/address_keeper.hpp"
#include "vrrpd/io/advert_outbox.hpp"
#include "vrrpd/io/advert_seal.hpp"
#include "vrrpd/io/context.hpp"
#include "vrrpd/io/explain.hpp"
#include "vrrpd/io/hook.hpp"
#include "vrrpd/io/instance_group.hpp"
#include "vrrpd/io/interface.hpp"
#include "vrrpd/io/lease_holder.hpp"
#include "vrrpd/io/neighbour_pin.hpp"
#include "vrrpd/io/tracked.hpp"
#include "vrrpd/io/virtual_mac.hpp"

namespace tandem::vrrp {

struct InstanceConfig {
  config::VirtualAddressConfig virtual_address;
  config::NodeConfig self;
  config::NodeConfig peer;
  RouterAddresses addresses;  // of virtual_address, in the order of the adverts
  std::optional<AdvertKeys> keys;  // if its adverts are authenticated
  std::vector<config::TrackConfig> track;  // what this node must have: of all members of the sync group
  std::vector<config::VirtualAddressConfig> group{};  // all members of its sync group, if it has one
  bool operator==(const InstanceConfig&) const = default;
};

/// Of its adverts.
Version version_of(const config::VirtualAddressConfig& virtual_address);

/// What the voices say, and what follows.
struct VoteStatus {
  Verdict verdict;
  bool held = false;  // only the vote keeps this Backup from taking over
  std::uint64_t epoch = 0;
  Sight sight = Sight::unknown;
  std::optional<PeerVoice> peer;  // over the sync link; nullopt: no fresh heartbeat
};

/// The timers of RFC 9568 section 6.1, as learned from the owner's adverts, and when they fire.
struct TimerStatus {
  Duration active_adver_interval{};
  Duration skew_time{};
  Duration active_down_interval{};
  std::optional<Duration> due;  // from now until the state machine acts by itself; nullopt: it waits for nothing
};

struct InstanceStatus {
  State state = State::initialize;
  std::string owner;  // empty: none known
  TimePoint since{};
  std::string cause;
  std::uint8_t priority = 0;
  bool may_take_over = false;
  std::string may_take_over_reason;
  std::optional<PeerView> peer;
  std::uint64_t adverts_sent = 0;
  std::uint64_t adverts_received = 0;
  DropCounters dropped{};
  bool authenticated = false;          // the adverts of this virtual router, both ways
  std::string authentication_problem;  // why the nodes do not understand each other; empty if they do
  std::uint64_t send_errors = 0;
  std::uint64_t mismatches = 0;     // adverts with other addresses or another interval than ours
  std::uint64_t announcements = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t restored = 0;
  std::uint64_t address_failures = 0;
  std::array<std::uint64_t, 3> entered{};  // by State
  std::uint64_t late = 0;                  // times that the address was given up because this node was late
  metrics::Histogram lateness;             // of the state machine's timers
  TimerStatus timers;
  LeaseStatus lease;
  VoteStatus vote;
  std::optional<VirtualMacStatus> virtual_mac;  // nullopt: not asked for
  std::vector<TrackStatus> track;
  std::optional<HookStatus> hook;  // nullopt: none is configured
};

/// Where an operator wants the address to be.
struct FailoverRequest {
  std::string to{};    // a node; empty: not where it is
  bool force = false;  // whatever is believed of the peer (plan_move)
};

/// How a failover ended, of the address that was asked for and of those that move with it. status 200: they are where they
/// shall be; else an HTTP status with a reason.
struct FailoverOutcome {
  int status = 200;
  std::string from{};
  std::string to{};
  bool moved = true;    // false: it was there already
  std::string sync_group{};         // empty: none
  std::vector<std::string> with{};  // its other members
  Duration took{};      // from the request until the new owner had the address, as this node saw it
  std::string error{};
  std::string hint{};
};

class Instance final : private AdvertSender {
 public:
  Instance(Context& context, Interface& interface, InstanceConfig config, std::shared_ptr<InstanceGroup> group);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// lbd, syncd or the interface changed.
  void refresh();
  /// An address of this host was removed by whomever.
  void address_removed(const HostAddress& address);
  /// What the voices say may have changed: at every heartbeat, ours or the peer's, and before silence is believed.
  void cast_vote();
  /// What the peer is told of this address.
  [[nodiscard]] HeartbeatAddress heartbeat() const;
  /// Every AddressKeeper::renewal_period: what else is renewed beside the addresses.
  void renew();
  /// Of its addresses, which Instances renews together with those of all others.
  [[nodiscard]] AddressKeeper& keeper() { return keeper_; }
  /// Gives the address up by plan and for good; released() tells when it is done and the connections that
  /// are still open here have been cared for (Handover::lease).
  void stop();
  [[nodiscard]] bool released() const { return stopping_ && !router_.holds_addresses() && !lingers_until_; }
  /// `reply` is called once: when the address has moved, or cannot, or after 2 s.
  void fail_over(const FailoverRequest& request, std::function<void(const FailoverOutcome&)> reply);
  /// Why fail_over() would be refused now; nullopt if it would begin, or has nothing to do.
  [[nodiscard]] std::optional<FailoverOutcome> failover_obstacle(const FailoverRequest& request) const;

  // For its InstanceGroup: the three steps in which actions are carried out, for all members each, and what it asks.
  /// Takes the addresses, if the actions say so.
  void take_over(const Actions& actions);
  /// The rest.
  void carry_out(const Actions& actions);
  /// The words: events, hooks, answers to an operator.
  void conclude(const Actions& actions);
  /// A late owner, or one that the kernel has silenced, gives the group up.
  void go_quiet_if_late();
  void drain();
  [[nodiscard]] bool asked_to_move() const { return failover_.has_value(); }
  [[nodiscard]] const std::optional<PeerView>& peer() const { return peer_; }

  /// Of its sync group it speaks for all members (InstanceGroup::leads).
  [[nodiscard]] bool leads() const { return group_->leads(*this); }
  [[nodiscard]] const std::shared_ptr<InstanceGroup>& group() const { return group_; }
  [[nodiscard]] const InstanceConfig& config() const { return config_; }
  /// The other members of its sync group.
  [[nodiscard]] std::vector<std::string> names_beside() const;
  [[nodiscard]] State state() const { return router_.state(); }
  [[nodiscard]] const std::string& name() const { return config_.virtual_address.name; }
  [[nodiscard]] InstanceStatus status() const;

 private:
  struct Failover {
    bool away = false;  // from this node to the peer
    std::string from;
    TimePoint begun;
    std::optional<TimePoint> moved;  // when the new owner had it
    std::function<void(const FailoverOutcome&)> reply;
  };

  void vote();
  void receive(const Decoded& decoded);
  void accept(const Advert& advert);
  void carry_out(const Action& action);
  void report(const Action& action);
  void take_addresses();
  void drop_addresses();
  void end_linger();
  void relay_from_peer(const Actions& actions);
  void let_go_of_dead_interface();
  void send(std::uint8_t priority, bool own_mac = false);
  void send_with_others(std::uint8_t priority, bool own_mac = false);
  void sent(int failure) override;
  [[nodiscard]] const MacAddress* sender_mac(bool own_mac) const;
  void refresh_virtual_mac();
  void renew_virtual_mac();
  void show_way_back(const Actions& actions);
  [[nodiscard]] const Link* carrier() const;
  void announce();
  void on_timer();
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  void arm();
  void on_alarm();
  void settle_failover();
  [[nodiscard]] MovePlan failover_plan(const FailoverRequest& request) const;
  [[nodiscard]] FailoverOutcome refusal(Obstacle obstacle, const FailoverRequest& request) const;
  [[nodiscard]] std::optional<FailoverOutcome> failover_outcome(TimePoint now) const;
  [[nodiscard]] std::optional<TimePoint> failover_deadline() const;
  [[nodiscard]] Surroundings surroundings() const;
  [[nodiscard]] bool on_lan() const;
  [[nodiscard]] std::string fault_text() const;
  [[nodiscard]] std::string group_fault_text() const;
  [[nodiscard]] std::string cause_text(const Action& action, TimePoint now) const;
  [[nodiscard]] Situation situation() const;
  [[nodiscard]] Voices voices(TimePoint now) const;
  [[nodiscard]] bool unheard_by_peer() const;
  [[nodiscard]] HeldRecord held_record() const;
  [[nodiscard]] IpAddress destination() const;
  [[nodiscard]] Handover* handover() const;
  [[nodiscard]] std::string owner() const;
  [[nodiscard]] TimerStatus timers() const;

  Context& context_;
  Interface& interface_;
  InstanceConfig config_;
  std::shared_ptr<InstanceGroup> group_;
  VirtualRouter& router_;  // the group's
  Tracked tracked_;
  std::shared_ptr<Hook> hook_;  // nullptr: none is configured
  AddressKeeper keeper_;
  LeaseHolder lease_;
  AdvertGate gate_;
  DropReport drops_;
  std::optional<NeighbourPin> pin_;  // unicast only
  std::optional<VirtualMac> virtual_mac_;
  IpAddress source_;
  ChecksumForm form_ = ChecksumForm::rfc9568;
  Alarm alarm_;
  bool firing_ = false;  // in on_alarm()
  InstanceStatus counters_;  // the counting part of status()
  TimePoint since_;
  std::string cause_ = "starting";
  std::optional<PeerView> peer_;
  bool stopping_ = false;
  std::optional<TimePoint> lingers_until_;  // after a hand-over: this node's connections are cared for
  std::optional<TimePoint> restore_at_;
  RestorePace restore_pace_;
  TimePoint last_conflict_event_{};
  bool mismatch_reported_ = false;
  TimePoint mismatch_said_{};  // two others, of whom one differs, would fill the log in turn
  bool unheeded_reported_ = false;  // the peer authenticates its adverts, this node does not
  int send_error_reported_ = 0;
  std::optional<Failover> failover_;
  const std::uint32_t name_hash_;
  bool held_reported_ = false;
  WitnessCredit credit_;
  PeerPatience patience_;
};

}  // namespace tandem::vrrp
