// What failing conditions take from a node's priority, and what an operator's word makes of it. Pure.
//
// A failover is the word of somebody who could see the conditions: those that fail at that moment do not move the address
// back again. Only what gets worse afterwards counts: at the node that was given the address (accept()), and, heard in
// the adverts of the new owner, at the one that gave it away (new_owner()).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tandem::vrrp {

class Handicap {
 public:
  /// The sum of the weights of the conditions that fail now.
  void set(std::uint32_t weights) {
    weights_ = weights;
    accepted_ = std::min(accepted_, weights);
  }
  /// The operator moves the address here as things are.
  void accept() { accepted_ = weights_; }
  /// The address is lost, and the operator's word with it.
  void forget() { accepted_ = 0; }

  /// `priority`, lowered; at least 1.
  [[nodiscard]] std::uint8_t lower(std::uint8_t priority) const {
    const std::uint32_t by = weights_ - accepted_;
    return by >= priority ? 1 : static_cast<std::uint8_t>(priority - by);
  }
  /// Something counts.
  [[nodiscard]] bool in_force() const { return weights_ > accepted_; }

 private:
  std::uint32_t weights_ = 0;
  std::uint32_t accepted_ = 0;
};

/// The owner that a node gave its address to by the operator's word.
class NewOwner {
 public:
  /// Each of its adverts; `priority` > 0.
  void heard(std::uint8_t priority) {
    best_ = std::max(best_.value_or(priority), priority);
    worse_ = priority < *best_;
  }
  /// It is less fit than it was at its best since the address moved.
  [[nodiscard]] bool got_worse() const { return worse_; }

 private:
  std::optional<std::uint8_t> best_;
  bool worse_ = false;
};

}  // namespace tandem::vrrp
