// Tells the LAN where a floating address lives now: gratuitous ARP, unsolicited Neighbor Advertisement.
#pragma once

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

class Announcer {
 public:
  /// Needs CAP_NET_RAW.
  static Result<Announcer> open();

  /// "`address` is at `link.mac`". IPv4: broadcast once as ARP request and once as reply (hosts differ in
  /// which they believe). IPv6: a Neighbor Advertisement to all nodes. Nothing is sent on a link that is not
  /// Ethernet. 0 or an errno; never blocks.
  [[nodiscard]] int announce(const Link& link, const IpAddress& address) const;

 private:
  explicit Announcer(io::UniqueFd fd) : fd_(std::move(fd)) {}
  io::UniqueFd fd_;
};

}  // namespace tandem::vrrp
