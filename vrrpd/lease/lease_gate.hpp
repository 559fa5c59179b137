// The lease programs on one LAN interface (vrrpd/lease/lease.bpf.c): what they let through depends on the LeaseTable.
//
// Owned by an Interface, io thread only. Needs CAP_NET_ADMIN and CAP_BPF.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "vrrpd/lease/lease_table.hpp"

namespace tandem::vrrp {

class LeaseGate {
 public:
  /// Loads the programs and attaches them to both directions of `interface`, which has the qdisc clsact, before all
  /// filters with a later place and replacing those that a dead predecessor left. `table` must outlive the gate.
  static Result<std::unique_ptr<LeaseGate>> attach(const std::string& interface, const LeaseTable& table);
  /// Detaches.
  ~LeaseGate();
  LeaseGate(const LeaseGate&) = delete;
  LeaseGate& operator=(const LeaseGate&) = delete;

  /// From now on adverts of `vrid` (over IPv6 or IPv4) prolong the lease in `slot`, and `addresses` are served only
  /// while it lasts.
  Result<> guard(bool v6, std::uint8_t vrid, std::span<const Prefix> addresses, std::uint32_t slot);
  /// From now on nothing passes to or from the virtual MAC address of `vrid`, until it is guarded or unguarded.
  void mute(bool v6, std::uint8_t vrid);
  /// Ends that. What is not guarded passes.
  void unguard(bool v6, std::uint8_t vrid, std::span<const Prefix> addresses);

 private:
  struct Impl;
  explicit LeaseGate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::vrrp
