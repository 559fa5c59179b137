#include <map>
#include <set>

#include "lbctl/doctor/collect.hpp"
#include "lbctl/doctor/probe.hpp"

namespace tandem::ctl {
namespace {

struct Nodes {
  const config::NodeConfig& self;
  const config::NodeConfig& peer;
};

void probe_owners(const Nodes& nodes, Facts& facts) {
  std::map<std::string, std::set<IpAddress>> by_interface;
  for (const VipFacts& vip : facts.vips) {
    for (const Prefix& prefix : vip.addresses) by_interface[vip.interface].insert(prefix.address);
  }
  for (auto& [interface, addresses] : by_interface) {
    addresses.insert(nodes.peer.address);
    const ArpAnswers answers = probe_arp(interface, {addresses.begin(), addresses.end()});
    if (!answers.asked) continue;
    const auto peer = answers.macs.find(nodes.peer.address);
    const std::set<std::string> peer_macs = peer != answers.macs.end() ? peer->second : std::set<std::string>{};
    for (VipFacts& vip : facts.vips) {
      if (vip.interface != interface || vip.foreign) continue;  // another router may answer for it
      vip.probed = true;
      for (const Prefix& prefix : vip.addresses) {
        const auto answer = answers.macs.find(prefix.address);
        if (answer == answers.macs.end()) continue;
        for (const std::string& mac : answer->second) {
          const bool is_peer = peer_macs.count(mac) != 0;
          if (is_peer && vip.state == "active") vip.peer_answers = true;
          // Who answers for the peer's address is known only if it answered; without that the owner stays in doubt.
          const bool in_doubt = peer_macs.empty() && vip.owner == nodes.peer.name;
          if (!is_peer && !in_doubt) vip.foreign_answers.push_back(mac);
        }
      }
    }
  }
}

void probe_link(const Nodes& nodes, Facts& facts) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    for (const IpAddress& address : interface.addresses) {
      if (address == nodes.self.sync_address) facts.sync_mtu = interface.mtu;
    }
  }
  constexpr int small = 84;
  facts.small_ping = probe_ping(nodes.peer.sync_address, small);
  if (facts.small_ping == Answer::yes && facts.sync_mtu > small) {
    facts.full_ping = probe_ping(nodes.peer.sync_address, facts.sync_mtu);
  }
  // The peer's syncd logs a connection that says nothing: only where something is wrong already.
  const bool waits = facts.daemons["syncd"].running && !facts.sync.connected;
  if (waits) facts.sync.probe = probe_tcp({nodes.peer.sync_address, facts.config.cluster->sync.port});
}

}  // namespace

void collect_probes(Facts& facts) {
  const auto& nodes = facts.config.cluster->nodes;
  if (facts.self.empty()) return;
  const bool first = nodes[0].name == facts.self;
  const Nodes pair{nodes[first ? 0 : 1], nodes[first ? 1 : 0]};
  probe_owners(pair, facts);
  probe_link(pair, facts);
}

}  // namespace tandem::ctl
