// Two nodes with a sync group on two LANs, or with one address, with the real state machine, on simulated wires: loss, delay,
// cuts, cables that are pulled (which the interface tracking sees), pauses, deaths. Everything follows from the seed.
// After every event the simulation checks what must hold at every moment (see check()).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "vrrpd/core/sync_group.hpp"

namespace tandem::vrrp::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Groups {
 public:
  static constexpr std::size_t nodes = 2;
  static constexpr std::size_t lans = 2;

  /// One member, or two to four with at least one on each LAN; Preempt_Mode and the weight of the tracked interfaces from the seed.
  explicit Groups(std::uint32_t seed);

  // What can happen. All but the wires' loss is a disturbance: bounds begin anew.
  void boot(std::size_t node);
  void die(std::size_t node);  // says nothing
  void pause(std::size_t node);
  void resume(std::size_t node);
  void stop(std::size_t node);  // by plan; boot() starts it again
  /// The node's cable to the LAN: the carrier goes, and the node is told a millisecond later.
  void plug(std::size_t node, std::size_t lan, bool in);
  /// An interface that carries no address, but is tracked by the first member: a fault, or a weight.
  void plug_tracked(std::size_t node, bool in);
  /// No frame passes the LAN, and nobody is told.
  void cut(std::size_t lan, bool is_cut);
  void fail_over(std::size_t node);
  void heal();
  /// At most two adverts in a row are lost, of one node on one LAN: nothing may come of it.
  void set_loss(double probability) { loss_ = probability; }

  void run(Duration time);

  [[nodiscard]] std::size_t members() const { return lan_of_.size(); }
  /// Alive and running.
  [[nodiscard]] bool acts(std::size_t node) const { return nodes_[node].group && !nodes_[node].paused; }
  /// It has all that the group needs.
  [[nodiscard]] bool fit(std::size_t node) const;
  [[nodiscard]] bool holds(std::size_t node, std::size_t member) const { return nodes_[node].holds[member]; }
  /// The node that has all members; nullopt if there is none.
  [[nodiscard]] std::optional<std::size_t> owner() const;
  /// Times that a node took the group, since the last reset.
  [[nodiscard]] int moves() const { return moves_; }
  void reset_moves() { moves_ = 0; }
  [[nodiscard]] bool preempts() const { return preempt_; }
  [[nodiscard]] std::uint32_t weight() const { return weight_; }
  /// The first broken invariant; empty if none.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  std::mt19937& random() { return random_; }

 private:
  struct Node {
    std::optional<SyncGroup> group;
    bool paused = false;
    bool stopping = false;
    std::array<bool, lans> plugged{true, true};
    std::array<bool, lans> seen_plugged{true, true};
    bool tracked_plugged = true;
    bool seen_tracked = true;
    std::vector<bool> holds;
    std::array<int, lans> lost{};  // adverts in a row
    std::vector<std::tuple<std::size_t, std::uint8_t>> inbox;  // while paused: member, priority
  };
  struct Event {
    TimePoint time;
    std::uint64_t sequence;
    std::size_t node;
    std::optional<std::size_t> member;  // an advert for it; else: the node looks at its interfaces
    std::uint8_t priority;
    bool operator<(const Event& other) const { return std::tie(other.time, other.sequence) < std::tie(time, sequence); }
  };

  [[nodiscard]] Surroundings surroundings(std::size_t node, std::size_t member) const;
  [[nodiscard]] bool on_lan(std::size_t node, std::size_t member) const;
  void look(std::size_t node);
  void receive(std::size_t node, std::size_t member, std::uint8_t priority);
  void perform(std::size_t node, const Actions& actions, std::optional<std::size_t> heard_by = std::nullopt);
  void act(std::size_t node, std::size_t member, const Action& action);
  void send(std::size_t node, std::size_t member, std::uint8_t priority);
  void look_later(std::size_t node);
  void check();
  Duration lasted(bool wrong, std::optional<TimePoint>& since) const;
  void disturbed() { disturbed_at_ = now_; }

  std::mt19937 random_;
  TimePoint now_{std::chrono::hours(1)};
  TimePoint disturbed_at_ = now_;
  bool preempt_ = true;
  std::uint32_t weight_ = 0;
  std::vector<std::size_t> lan_of_;  // by member
  std::array<Node, nodes> nodes_;
  std::array<bool, lans> cut_{};
  double loss_ = 0;
  std::priority_queue<Event> events_;
  std::uint64_t sequence_ = 0;
  int moves_ = 0;
  std::vector<std::optional<TimePoint>> shared_since_;
  std::optional<TimePoint> split_since_;
  std::optional<TimePoint> unowned_since_;
  std::string failure_;
};

}  // namespace tandem::vrrp::sim
