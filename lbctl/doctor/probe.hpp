// Probes on the wire: they ask, and change nothing. All take at most about a second and need root; without it
// they say that nothing was asked.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

struct NeighbourAnswers {
  bool asked = false;
  std::map<IpAddress, std::set<std::string>> macs;  // who answered for which address; never this host
};

/// Asks on `interface` who has each of the IPv4 `addresses`, with probes of RFC 5227 that enter nobody's ARP cache.
NeighbourAnswers probe_arp(const std::string& interface, const std::vector<IpAddress>& addresses);
/// The same for the IPv6 ones, by neighbour solicitations.
NeighbourAnswers probe_neighbours(const std::string& interface, const std::vector<IpAddress>& addresses);

/// One short echo to an IPv6 address that is not link-local.
Answer probe_ping_v6(const IpAddress& target);

/// One echo of `bytes` (the whole IPv4 packet), not to be fragmented.
Answer probe_ping(const IpAddress& target, int bytes);

/// What happens to a TCP connection: "connected", "refused", "timed out" or the system's words. It is closed at once.
std::string probe_tcp(const Endpoint& target);

}  // namespace tandem::ctl
