// From single looks at something (a file, a script, a host) to a verdict that does not flap. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace tandem::vrrp {

class Threshold {
 public:
  /// `fall` bad looks in a row until it fails, `rise` good ones until it holds again; at least 1 each.
  Threshold(std::uint32_t fall, std::uint32_t rise) : fall_(fall), rise_(rise) {}

  /// One look; the first one decides at once. True if the verdict changed.
  bool look(bool good) {
    if (!holds_ || good == *holds_) {
      against_ = 0;
      const bool changed = !holds_;
      holds_ = good;
      return changed;
    }
    if (++against_ < (good ? rise_ : fall_)) return false;
    against_ = 0;
    holds_ = good;
    return true;
  }
  /// nullopt before the first look.
  [[nodiscard]] std::optional<bool> holds() const { return holds_; }

 private:
  std::uint32_t fall_;
  std::uint32_t rise_;
  std::uint32_t against_ = 0;  // looks in a row that contradict the verdict
  std::optional<bool> holds_;
};

}  // namespace tandem::vrrp
