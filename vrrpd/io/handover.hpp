// Connections survive a planned move of their address: both ends of it, for one interface.
//
// The new owner relays the segments of connections that it does not have to the old owner
// (vrrpd/handover/relay.hpp). The old owner keeps the address on the loopback interface meanwhile, mute to ARP
// (vrrpd/handover/arp_discipline.hpp), so that its connections can end in peace, and so that what has no
// connection any more is told by a reset. Owned by an Interface, io thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "vrrpd/handover/arp_discipline.hpp"
#include "vrrpd/handover/relay.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

class Handover {
 public:
  /// How long an old owner's connections are cared for: by a vrrpd that goes on, and by one that leaves.
  static constexpr Duration grace = std::chrono::seconds(30);
  static constexpr Duration leaving_grace = std::chrono::seconds(2);

  /// Prepares `interface`. What the kernel refuses is logged once, with its consequence.
  explicit Handover(const std::string& interface);

  /// New owner, before it installs `addresses`: relay what belongs to `peer`, which has just given them up.
  void relay_to(const IpAddress& peer, const std::vector<Prefix>& addresses, TimePoint now);
  /// Old owner, before it removes `addresses` from the interface: keep them on the loopback interface for
  /// `time`, whole seconds; the kernel ends that by itself.
  void linger(Netlink& netlink, const std::vector<Prefix>& addresses, Duration time);
  /// The addresses come back to the interface of this node, which needs no relay of its own any more.
  void end_linger(Netlink& netlink, const std::vector<Prefix>& addresses);

  /// Segments relayed so far.
  [[nodiscard]] std::uint64_t relayed() const { return relay_ ? relay_->relayed() : 0; }
  /// Why connections will be reset when an address moves; empty if they are kept.
  [[nodiscard]] const std::string& impediment() const { return impediment_; }

 private:
  std::unique_ptr<HandoverRelay> relay_;
  std::optional<ArpDiscipline> discipline_;
  std::string impediment_;
};

}  // namespace tandem::vrrp
