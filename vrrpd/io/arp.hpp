// Gratuitous ARP: tells the LAN where a floating address lives now.
#pragma once

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

class ArpAnnouncer {
 public:
  /// Needs CAP_NET_RAW.
  static Result<ArpAnnouncer> open();

  /// Broadcasts "`address` is at `link.mac`", once as request and once as reply (hosts differ in which
  /// they believe). Nothing is sent on a link that is not Ethernet. 0 or an errno; never blocks.
  int announce(const Link& link, const IpAddress& address) const;

 private:
  explicit ArpAnnouncer(io::UniqueFd fd) : fd_(std::move(fd)) {}
  io::UniqueFd fd_;
};

}  // namespace tandem::vrrp
