// Hand-over relay: connections survive a planned move of their address (vrrpd/handover/relay.bpf.c).
//
// One per LAN interface, on the node that may become the new owner. The old owner keeps
// the address on its loopback interface for as long, mute to ARP (vrrpd/io/arp_discipline.hpp).
// Not thread-safe; needs CAP_NET_ADMIN and CAP_BPF. Where the kernel refuses the program, moves still work,
// but connections in flight at that moment are reset; the caller logs that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace tandem::vrrp {

class HandoverRelay {
 public:
  /// Loads the program and attaches it to the ingress of `interface`, which has the qdisc clsact, replacing one that a dead
  /// predecessor left. The program stays inert until forward() is called.
  static Result<std::unique_ptr<HandoverRelay>> attach(const std::string& interface);
  /// Detaches.
  ~HandoverRelay();
  HandoverRelay(const HandoverRelay&) = delete;
  HandoverRelay& operator=(const HandoverRelay&) = delete;

  /// Until `until`, passes TCP segments for `address` that belong to no connection here to the node whose
  /// adverts come from `peer` (one of which must have been heard). IPv4 only.
  Result<> forward(const IpAddress& address, const IpAddress& peer, TimePoint until);
  /// Stops that; call it when this node gives `address` up. No error if there was nothing.
  void stop(const IpAddress& address);

  /// Segments passed on since attach().
  [[nodiscard]] std::uint64_t relayed() const;

 private:
  struct Impl;
  explicit HandoverRelay(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::vrrp
