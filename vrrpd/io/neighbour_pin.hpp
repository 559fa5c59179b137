// The neighbour entry (ARP, ND) of a unicast peer, pinned: an owner whose entry of its peer expires while
// ARP is lost would fall silent, and the peer would take over without need.
//
// Pinned once the kernel has verified the peer's link-layer address; looked up anew when the peer may have
// got another one. Removed at the end: it is not meant to outlive vrrpd. Owned by an Instance, io thread only.
#pragma once

#include <optional>

#include "common/base/inet.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

class NeighbourPin {
 public:
  NeighbourPin(Netlink& netlink, const IpAddress& peer) : netlink_(netlink), peer_(peer) {}
  /// Forgets.
  ~NeighbourPin();
  NeighbourPin(const NeighbourPin&) = delete;
  NeighbourPin& operator=(const NeighbourPin&) = delete;

  /// Pins the entry on the interface if it is not yet and the kernel knows the address. Cheap; every second
  /// or so. A different interface index (the device was replaced) begins anew.
  void refresh(int link);
  /// Removes the entry: the kernel asks the network again with the next packet.
  void forget();

  [[nodiscard]] bool pinned() const { return link_.has_value(); }

 private:
  Netlink& netlink_;
  IpAddress peer_;
  std::optional<int> link_;  // where it is pinned
};

}  // namespace tandem::vrrp
