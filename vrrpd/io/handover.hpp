// Connections survive a planned move of their address: both ends of it, for one interface.
//
// The new owner relays the segments of connections that it does not have to the old owner
// (vrrpd/handover/relay.hpp). The old owner keeps the address on the loopback interface meanwhile, mute to ARP
// (vrrpd/handover/arp_discipline.hpp), so that its connections can end in peace, and so that what has no
// connection any more is told by a reset. Owned by an Interface, io thread only.
//
// IPv4 only: connections to an IPv6 address end when it moves. IPv6 addresses among those given are skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "vrrpd/handover/relay.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

class Handover {
 public:
  /// How long an old owner cares for its connections.
  static constexpr Duration grace = std::chrono::seconds(30);
  /// For how long each priority-0 advert of the old owner keeps the relay going, and the loopback address alive
  /// after the last renewal: an old owner that dies, or leaves, takes its connections with it after that.
  static constexpr Duration lease = std::chrono::seconds(2);

  /// Prepares `interface`. What the kernel refuses is logged once, with its consequence. `arp_impediment`: why the
  /// interface has no ARP discipline; empty if it has.
  Handover(const std::string& interface, const std::string& arp_impediment);

  /// New owner: relays what belongs to `peer` for one lease. Before it installs the `addresses` that the peer has
  /// just given up, and again whenever the peer says (priority 0) that it still has connections.
  void relay_to(const IpAddress& peer, std::span<const Prefix> addresses, TimePoint now);
  /// Old owner: keeps `addresses` on the loopback interface for one lease. Before it removes them from the
  /// interface, and every second while it cares.
  void linger(Netlink& netlink, std::span<const Prefix> addresses);
  /// The addresses come back to the interface of this node, which needs no relay of its own any more.
  void end_linger(Netlink& netlink, std::span<const Prefix> addresses);

  /// Segments relayed so far.
  [[nodiscard]] std::uint64_t relayed() const { return relay_ ? relay_->relayed() : 0; }
  /// Why connections will be reset when an address moves; empty if they are kept.
  [[nodiscard]] const std::string& impediment() const { return impediment_; }
  [[nodiscard]] bool keeps_connections() const { return impediment_.empty(); }

 private:
  std::unique_ptr<HandoverRelay> relay_;
  std::string impediment_;
};

/// What linger() does to the loopback interface, for who has no Handover (the guard).
void keep_on_loopback(Netlink& netlink, std::span<const Prefix> addresses);

}  // namespace tandem::vrrp
