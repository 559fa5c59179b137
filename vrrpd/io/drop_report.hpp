// Dropped packets, as one can see them: counted by cause, and logged, a line each 10 s and cause at most; each 10 minutes, if
// they are another router's on the same LAN.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "vrrpd/core/drop_log.hpp"
#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {

using DropCounters = std::array<std::uint64_t, drop_causes>;

/// Owned by an Instance or Interface, io thread only.
class DropReport {
 public:
  /// A warning. `subject` begins the line.
  void add(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now);
  /// The same of a packet that is nothing to worry about: no warning.
  void add_foreign(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now);
  [[nodiscard]] const DropCounters& counters() const { return counters_; }

 private:
  std::uint64_t note(Drop cause, TimePoint now, Duration pause);

  DropCounters counters_{};
  DropLog log_;
};

}  // namespace tandem::vrrp
