// The tracked conditions of one virtual address, with its weights.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "vrrpd/io/tracker.hpp"

namespace tandem::vrrp {

struct TrackStatus {
  std::shared_ptr<const Condition> condition;
  std::uint8_t weight = 0;
};

class Tracked {
 public:
  /// All of `track` must be set in the tracker.
  Tracked(const Tracker& tracker, const std::vector<config::TrackConfig>& track);

  /// Every condition that has no weight.
  [[nodiscard]] bool hold() const;
  /// The sum of the weights of those that do not hold.
  [[nodiscard]] std::uint32_t failing_weights() const;
  /// When the oldest of the looks began that last found a polled one, which holds, well; nullopt if there is none.
  [[nodiscard]] std::optional<TimePoint> looked_at() const;
  /// Why hold() is false: "route 0.0.0.0/0 is missing"; empty if it is true.
  [[nodiscard]] std::string why_not() const;
  [[nodiscard]] const std::vector<TrackStatus>& status() const { return items_; }

 private:
  std::vector<TrackStatus> items_;
};

/// The sum of all weights.
std::uint32_t sum_of_weights(const std::vector<config::TrackConfig>& track);

}  // namespace tandem::vrrp
