// The kernel lease of one virtual router: open while this node holds its addresses.
//
// Owned by an Instance, io thread only. Where the kernel refuses leases nothing is enforced: the state machine's own
// lateness (vrrpd/core/lease.hpp) is all there is then, and every status and metric says so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "vrrpd/io/interface.hpp"
#include "vrrpd/lease/lease_table.hpp"

namespace tandem::vrrp {

struct LeaseStatus {
  Duration bound{};                   // without an advert for so long, the node is mute
  bool enforced = false;              // by the kernel, on the interface that carries the addresses
  std::string impediment;             // why not; empty if it is
  std::optional<Duration> remaining;  // while the addresses are held
  std::uint64_t silenced = 0;         // packets that the kernel dropped because the lease was over
};

class LeaseHolder {
 public:
  /// `table`: nullptr if the kernel refuses it. `v6`: the family of the adverts. `addresses` must outlive the holder.
  LeaseHolder(LeaseTable* table, Interface& interface, bool v6, std::uint8_t vrid,
              std::span<const Prefix> addresses, const LeaseTerms& terms);
  ~LeaseHolder();
  LeaseHolder(const LeaseHolder&) = delete;
  LeaseHolder& operator=(const LeaseHolder&) = delete;

  /// Before the addresses are installed; again when the interface was replaced.
  void open();
  /// After the addresses were removed.
  void close();
  /// With a virtual MAC address, while the addresses are not held: nothing passes to or from it. Again when the
  /// interface was replaced.
  void mute();
  /// Held, and the kernel has silenced this node: it was late, or its adverts do not leave.
  [[nodiscard]] bool over() const;
  /// For the guard; nullopt if nothing is enforced.
  [[nodiscard]] std::optional<std::uint32_t> slot() const { return slot_; }
  [[nodiscard]] LeaseStatus status() const;

 private:
  LeaseTable* table_;
  Interface& interface_;
  bool v6_;
  std::uint8_t vrid_;
  std::span<const Prefix> addresses_;
  LeaseTerms terms_;
  std::optional<std::uint32_t> slot_;
  bool open_ = false;
  bool muted_ = false;  // at least once
};

}  // namespace tandem::vrrp
