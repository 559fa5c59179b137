#include <fmt/format.h>

#include <algorithm>

#include "lbctl/doctor/advert_packets.hpp"
#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

// The firewall of this host has a finding of its own.
bool dropped_here(const Facts& facts, const IpAddress& group) {
  return std::any_of(facts.firewall.adverts.begin(), facts.firewall.adverts.end(), [&group](const FirewallProbe& probe) {
    return probe.packet.destination == group && probe.packet.way != Way::out && probe.answer.verdict == Firewall::drops;
  });
}

bool hears_nothing(const AdvertSample& sample) { return sample.received == 0 && sample.refused == 0; }

const AdvertSample* of_peer(const Facts& facts, const VipFacts& vip) {
  if (!facts.peer_identity) return nullptr;
  const auto found = facts.peer_identity->adverts.find(vip.name);
  return found != facts.peer_identity->adverts.end() ? &found->second : nullptr;
}

// The node whose adverts do not arrive at the other one; empty: they do, or nobody can tell. What the peer counted says that
// it sends; without that, its word over the sync link.
std::string unheard(const Facts& facts, const VipFacts& vip) {
  if (!vip.sample) return {};
  const AdvertSample* there = of_peer(facts, vip);
  const bool peer_sends = there != nullptr ? there->sent > 0 : vip.held && vip.vote_reason == "peer_lives";
  if (peer_sends && hears_nothing(*vip.sample)) return "the peer";
  if (there != nullptr && hears_nothing(*there) && vip.sample->sent > 0) return "this node";
  return {};
}

void examine_one(const Facts& facts, const VipFacts& vip, Findings& findings) {
  const bool v6 = is_v6_router(vip);
  const IpAddress group = advert_group(v6);
  const std::string sender = unheard(facts, vip);
  if (sender.empty() || vip.unicast || vip.foreign || facts.lan_ping != Answer::yes || dropped_here(facts, group)) return;
  findings.fail("multicast",
                fmt::format("{} sends adverts for {} to {} and none arrives at the other node, although unicast passes between them: "
                            "multicast is filtered on the way", sender, vip.name, group.to_string()),
                fmt::format("a switch that snoops {} and has no querier forgets after some minutes who listens, or a firewall drops it: "
                            "the node that hears nothing takes the address, too", v6 ? "MLD" : "IGMP"),
                fmt::format("give the VLAN {} querier (a Linux bridge: ip link set BRIDGE type bridge mcast_querier 1), or both ports a "
                            "static entry for {}; look at the firewalls between; or set \"unicast\": true on the address, on both nodes",
                            v6 ? "an MLD" : "an IGMP", group.to_string()));
}

}  // namespace

void examine_multicast(const Facts& facts, Findings& findings) {
  for (const VipFacts& vip : facts.vips) examine_one(facts, vip, findings);
}

}  // namespace tandem::ctl
