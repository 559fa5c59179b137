// Nobody waits for a question that was lost: the kernel asks for a neighbour (ARP, ND) once a second. What was asked while
// the LAN was cut, by a witness's prober or anybody else, would keep this node from answering that neighbour for as long
// after its return, also as an owner. Such questions are forgotten: the next packet asks anew.
#pragma once

#include <boost/asio/io_context.hpp>

#include <vector>

#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

/// Owned by the daemon, io thread only.
class FreshNeighbours {
 public:
  FreshNeighbours(boost::asio::io_context& io, Netlink& netlink) : io_(io), netlink_(netlink) {}

  /// After this turn of the loop, once for all that want it: virtual routers start up and take over together.
  void want(int link);

 private:
  boost::asio::io_context& io_;
  Netlink& netlink_;
  std::vector<int> links_;
};

}  // namespace tandem::vrrp
