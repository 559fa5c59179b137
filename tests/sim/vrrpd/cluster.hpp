// Two to five routers with the real state machine and the real codec on a simulated LAN: loss, delay,
// duplication, reordering, one-way cuts, pauses, restarts, clocks of different rates. Everything follows
// from the seed. After every event the cluster checks what must hold at every moment (see check()).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "vrrpd/core/packet.hpp"
#include "vrrpd/core/virtual_router.hpp"

namespace tandem::vrrp::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::size_t most_nodes = 5;
inline constexpr Duration advert_interval = milliseconds(100);

class Cluster {
 public:
  /// Number of nodes, address family, priorities, Preempt_Mode and clocks come from the seed.
  explicit Cluster(std::uint32_t seed);

  // What can happen. All but the wire's loss count as a disturbance: bounds begin anew.
  void boot(std::size_t node);
  void die(std::size_t node);  // says nothing
  void pause(std::size_t node);
  void resume(std::size_t node);
  void cut(std::size_t from, std::size_t to, bool is_cut);  // one way
  void heal();                 // every cut, pause and death, and a wire without delay
  void set_delay(Duration most);
  /// At most two adverts in a row are lost between any two nodes: nothing may come of it.
  void set_loss(double probability) { loss_ = probability; }
  void set_duplication(double probability) { duplication_ = probability; }

  void run(Duration time);

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] bool alive(std::size_t node) const { return nodes_[node].router.has_value(); }
  [[nodiscard]] bool paused(std::size_t node) const { return nodes_[node].paused; }
  [[nodiscard]] std::size_t owners() const;
  /// The best living node by (priority, address).
  [[nodiscard]] std::size_t best() const;
  [[nodiscard]] bool owns(std::size_t node) const;
  [[nodiscard]] std::uint8_t priority(std::size_t node) const { return nodes_[node].priority; }
  [[nodiscard]] bool preempts() const { return preempt_; }
  /// The first broken invariant; empty if none.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  std::mt19937& random() { return random_; }

  /// For the tests of the checks themselves: more losses in a row than promised.
  int losses_in_a_row = 2;

 private:
  struct Node {
    std::optional<VirtualRouter> router;
    std::uint8_t priority = 0;
    double rate = 1;  // of its clock
    bool paused = false;
    std::array<int, most_nodes> lost_from{};  // in a row
    std::vector<std::pair<std::size_t, std::vector<std::uint8_t>>> inbox;  // while paused: sender, message
  };
  struct Packet {
    TimePoint time;
    std::uint64_t sequence;
    std::size_t from, to;
    std::vector<std::uint8_t> message;
    bool operator<(const Packet& other) const {
      return std::tie(other.time, other.sequence) < std::tie(time, sequence);
    }
  };

  void perform(std::size_t node, const Actions& actions);
  void send(std::size_t from, std::uint8_t priority);
  void receive(std::size_t node, std::size_t from, const std::vector<std::uint8_t>& message);
  void check();
  void check_pair(std::size_t a, std::size_t b);
  void check_owned(std::size_t node);
  Duration lasted(bool wrong, std::optional<TimePoint>& since) const;
  void disturbed() { disturbed_at_ = now_; }
  [[nodiscard]] bool acts(std::size_t node) const { return alive(node) && !nodes_[node].paused; }
  [[nodiscard]] TimePoint local(std::size_t node) const;
  [[nodiscard]] TimePoint global(std::size_t node, TimePoint local_time) const;
  [[nodiscard]] IpAddress address_of(std::size_t node) const;
  [[nodiscard]] Prefix virtual_address() const;

  std::mt19937 random_;
  TimePoint now_{std::chrono::hours(1)};
  const TimePoint epoch_ = now_;
  TimePoint disturbed_at_ = now_;
  bool v6_ = false;
  bool preempt_ = true;
  std::vector<Node> nodes_;
  std::array<std::array<bool, most_nodes>, most_nodes> cut_{};
  double loss_ = 0;
  double duplication_ = 0;
  Duration delay_ = microseconds(150);
  std::priority_queue<Packet> packets_;
  std::uint64_t sequence_ = 0;
  std::array<std::array<std::optional<TimePoint>, most_nodes>, most_nodes> both_own_since_{};
  std::array<std::optional<TimePoint>, most_nodes> unowned_since_{};
  std::string failure_;
};

}  // namespace tandem::vrrp::sim
