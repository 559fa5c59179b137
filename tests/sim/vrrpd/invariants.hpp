// What must hold of the shipped pair at every moment, whatever befalls it: looked at after each event of a Simulation with
// voices. An owner is a node that is Active and, by its kernel's lease, may answer.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "tests/sim/vrrpd/simulation.hpp"

namespace tandem::vrrp::sim {

class Invariants {
 public:
  /// Of a simulation that neither moves nor ends before this does.
  Invariants(Simulation& simulation, SplitPolicy policy);

  /// Something went wrong, got well or was asked for just now: bounds begin anew, but that of policy `preferred`. Two lost
  /// adverts in a row are nothing.
  void disturbed();
  /// The first broken invariant; empty if none.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void check();
  void check_two_owners();
  void check_unowned();
  void check_flap();
  [[nodiscard]] bool owns(int node) const;
  [[nodiscard]] bool adverts_arrive(int from) const;
  [[nodiscard]] bool heartbeats_arrive(int from) const;
  [[nodiscard]] bool hear_each_other() const;
  [[nodiscard]] Duration ways() const;  // of an advert and a heartbeat
  [[nodiscard]] bool should_own(int node) const;
  [[nodiscard]] bool awaits_word(int node) const;
  [[nodiscard]] Duration lasted(bool wrong, std::optional<TimePoint>& since) const;

  Simulation& simulation_;
  SplitPolicy policy_;
  TimePoint disturbed_at_;
  std::optional<TimePoint> two_own_since_;  // and hear each other; policy `preferred`: whatever they hear or befalls them
  std::optional<TimePoint> unowned_since_;   // though a node could that waits for nobody's word
  std::optional<TimePoint> awaiting_since_;  // though a node should
  std::array<int, 2> changes_{};
  std::string failure_;
};

}  // namespace tandem::vrrp::sim
