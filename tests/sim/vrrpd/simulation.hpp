// Two nodes with the real state machine, the real codecs and the real vote on a simulated LAN and sync link, each with a
// clock of its own. Everything that happens follows from the seed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "vrrpd/core/heartbeat.hpp"
#include "vrrpd/core/packet.hpp"
#include "vrrpd/core/virtual_router.hpp"

namespace tandem::vrrp::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A link's misbehaviour, per packet and receiver.
struct Wire {
  double loss = 0;
  double duplication = 0;
  Duration min_delay = microseconds(50);
  Duration max_delay = microseconds(200);  // packets overtake each other when the range is wide
  int max_consecutive_losses = 1 << 30;
  std::array<bool, 2> cut_from{};          // one-way partition: nothing that node i sends arrives
};

struct Settings {
  Duration advert_interval = milliseconds(100);
  bool preempt = true;
  Duration preempt_delay{};
  bool voices = false;  // heartbeats and witnesses, too
  SplitPolicy policy = SplitPolicy::availability;
  double drift = 0;  // a clock is faster or slower than real time by this part of it at most
};

/// Until a node knows that its witnesses are lost: the next probe, and its timeout, at most.
inline constexpr Duration witness_patience = milliseconds(350);
/// syncd closes a link on which nothing comes for so long: cut one way, it is soon cut both ways.
inline constexpr Duration syncd_patience = milliseconds(500);

class Simulation {
 public:
  Simulation(std::uint32_t seed, const Settings& settings);

  Wire wire;  // the LAN
  Wire sync{.min_delay = microseconds(200), .max_delay = milliseconds(3)};
  std::array<bool, 2> blind{};  // node i does not see the witnesses
  std::function<void()> after_event;

  /// What can befall a node (0 is the preferred one).
  void boot(int node);
  void die(int node);            // power lost: nothing is said, the addresses are gone
  void kill_daemon(int node);    // the guard sends priority 0 and removes the addresses
  void pause(int node);          // SIGSTOP; packets queue up
  void resume(int node);
  void set_lbd(int node, bool connected, bool ready);
  void set_in_sync(int node, bool in_sync);
  void fail_over(int node);
  void stop(int node);           // SIGTERM

  /// Runs until now() + time, checking the invariants that hold always after each event.
  void run(Duration time);
  /// Starts to measure anew: longest_unowned(), longest_shared(), transitions().
  void measure();

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] int holders() const;
  [[nodiscard]] int actives() const;
  [[nodiscard]] bool alive(int node) const { return nodes_[static_cast<std::size_t>(node)].router.has_value(); }
  [[nodiscard]] State state(int node) const;
  [[nodiscard]] bool acts(int node) const { return alive(node) && !nodes_[static_cast<std::size_t>(node)].paused; }
  /// Has the addresses and, by the lease in its kernel, may answer.
  [[nodiscard]] bool answers(int node) const;
  /// What the node says on the sync link arrives.
  [[nodiscard]] bool sync_passes(int from) const;
  /// Changes of the node's state since the beginning, and the cause of the last one.
  [[nodiscard]] int changes(int node) const { return nodes_[static_cast<std::size_t>(node)].changes; }
  [[nodiscard]] Cause cause(int node) const { return nodes_[static_cast<std::size_t>(node)].cause; }
  /// When the node, alive or not, sent its last advert.
  [[nodiscard]] TimePoint advertised(int node) const { return nodes_[static_cast<std::size_t>(node)].advertised; }
  [[nodiscard]] const VirtualRouter& router(int node) const { return *nodes_[static_cast<std::size_t>(node)].router; }
  /// The longest time in which no node, or more than one, held the addresses; who is blind is not on the LAN.
  [[nodiscard]] Duration longest_unowned() const;
  [[nodiscard]] Duration longest_shared() const;
  [[nodiscard]] int transitions() const { return transitions_; }
  /// The first broken invariant; empty if none.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  std::mt19937& random() { return random_; }

 private:
  struct Node {
    std::optional<VirtualRouter> router;
    Surroundings surroundings;
    double rate = 1;  // of its clock
    bool paused = false;
    bool holds = false;
    int changes = 0;
    Cause cause{};
    PeerHeartbeat heard;
    Heartbeat said;
    std::uint64_t newest_heartbeat = 0;  // that arrived, by Packet::sequence
    TimePoint advertised{};
    WitnessCredit credit;
    PeerPatience patience;
    // By its own clock.
    TimePoint next_beat{};
    TimePoint lease_end{};
    std::optional<TimePoint> blind_since;
    std::array<int, 2> losses_in_a_row{};  // of packets to this node: adverts, heartbeats
    std::vector<std::vector<std::uint8_t>> inbox;  // adverts while paused
    std::vector<std::uint8_t> heartbeat;           // the latest while paused; syncd keeps no others
  };
  struct Packet {
    TimePoint time;
    std::uint64_t sequence;
    std::size_t to;
    std::vector<std::uint8_t> bytes;
    bool heartbeat = false;
    bool operator<(const Packet& other) const {
      return std::tie(other.time, other.sequence) < std::tie(time, sequence);
    }
  };

  [[nodiscard]] TimePoint local(std::size_t node) const;
  [[nodiscard]] TimePoint global(std::size_t node, TimePoint local_time) const;
  void perform(std::size_t node, const Actions& actions);
  void prolong_lease(std::size_t node, std::uint8_t priority);
  void transmit(std::size_t from, const std::vector<std::uint8_t>& bytes, bool heartbeat);
  void send(std::size_t from, std::uint8_t priority);
  void receive(std::size_t node, const std::vector<std::uint8_t>& bytes);
  void look(std::size_t node);
  void wake(std::size_t node);
  void look_round();
  [[nodiscard]] Duration blind_time(std::size_t node) const;
  [[nodiscard]] Sight sight(std::size_t node) const;
  void vote(std::size_t node);
  void beat(std::size_t node);
  [[nodiscard]] std::optional<TimePoint> next_look(std::size_t node) const;
  void publish(std::size_t node);
  void tell_news(std::size_t node);
  void receive_heartbeat(const Packet& packet);
  void watch_sync();
  void account();
  void check();

  Settings settings_;
  std::mt19937 random_;
  TimePoint now_{std::chrono::hours(1)};
  const TimePoint epoch_ = now_;
  std::array<std::optional<TimePoint>, 2> sync_cut_since_{};  // of what node i says
  std::array<Node, 2> nodes_;
  std::priority_queue<Packet> packets_;
  std::uint64_t sequence_ = 0;
  std::optional<TimePoint> unowned_since_, shared_since_;
  Duration longest_unowned_{}, longest_shared_{};
  int transitions_ = 0;
  std::string failure_;
};

}  // namespace tandem::vrrp::sim
