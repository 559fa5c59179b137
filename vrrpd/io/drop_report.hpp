// Dropped packets, as one can see them: counted by cause, and logged, a line each 10 s and cause at most.
#pragma once

#include <string>
#include <string_view>

#include "vrrpd/core/drop_log.hpp"
#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {

using DropCounters = std::array<std::uint64_t, drop_causes>;

/// Owned by an Instance or Interface, io thread only.
class DropReport {
 public:
  /// `subject` begins the line.
  void add(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now);
  /// Without a word.
  void count(Drop cause) { ++counters_[static_cast<std::size_t>(cause)]; }
  [[nodiscard]] const DropCounters& counters() const { return counters_; }

 private:
  DropCounters counters_{};
  DropLog log_;
};

}  // namespace tandem::vrrp
