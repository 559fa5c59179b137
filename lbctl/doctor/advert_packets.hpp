// The adverts of the pair as packets that a firewall sees. Pure.
#pragma once

#include <vector>

#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

/// One of each kind: for each interface and address family the peer's to 224.0.0.18, ff02::12 or this node, and ours.
/// Multicast leaves as frames; a guard's last word (priority 0) and unicast go through the kernel's IP.
/// `facts.self` is one of the two nodes.
std::vector<ProbePacket> advert_packets(const Facts& facts);

/// Where a virtual router's multicast adverts go.
IpAddress advert_group(bool v6);
/// Whether an address has IPv6 addresses only: then it is an IPv6 virtual router.
bool is_v6_router(const VipFacts& vip);

}  // namespace tandem::ctl
