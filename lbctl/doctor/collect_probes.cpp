#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "lbctl/doctor/collect.hpp"
#include "lbctl/doctor/probe.hpp"

namespace tandem::ctl {
namespace {

struct Nodes {
  const config::NodeConfig& self;
  const config::NodeConfig& peer;
};

NeighbourAnswers ask_for(const std::string& interface, const std::set<IpAddress>& addresses) {
  const std::vector<IpAddress> all(addresses.begin(), addresses.end());
  NeighbourAnswers answers = probe_arp(interface, all);
  if (std::any_of(all.begin(), all.end(), [](const IpAddress& address) { return address.is_v6(); })) {
    NeighbourAnswers more = probe_neighbours(interface, all);
    answers.asked = answers.asked && more.asked;
    answers.macs.merge(more.macs);
  }
  return answers;
}

// One answer for an address of `vip`: is it right that this MAC address gave it?
void judge_answer(VipFacts& vip, const std::string& mac, const std::set<std::string>& peer_macs, const std::string& peer) {
  // A virtual MAC address is the pair's; which node used it is not seen, but this host never answers itself.
  const bool is_peer = peer_macs.count(mac) != 0 || (!vip.virtual_mac.empty() && mac == vip.virtual_mac);
  if (is_peer && vip.state == "active") vip.peer_answers = true;
  // Who answers for the peer's address is known only if it answered; without that the owner stays in doubt.
  const bool in_doubt = peer_macs.empty() && vip.owner == peer;
  if (!is_peer && !in_doubt) vip.foreign_answers.push_back(mac);
}

void probe_owners(const Nodes& nodes, Facts& facts) {
  std::map<std::string, std::set<IpAddress>> by_interface;
  for (const VipFacts& vip : facts.vips) {
    for (const Prefix& prefix : vip.addresses) by_interface[vip.interface].insert(prefix.address);
  }
  for (auto& [interface, addresses] : by_interface) {
    addresses.insert(nodes.peer.address);
    const NeighbourAnswers answers = ask_for(interface, addresses);
    if (!answers.asked) continue;
    const auto peer = answers.macs.find(nodes.peer.address);
    const std::set<std::string> peer_macs = peer != answers.macs.end() ? peer->second : std::set<std::string>{};
    for (VipFacts& vip : facts.vips) {
      if (vip.interface != interface || vip.foreign) continue;  // another router may answer for it
      vip.probed = true;
      for (const Prefix& prefix : vip.addresses) {
        const auto answer = answers.macs.find(prefix.address);
        if (answer == answers.macs.end()) continue;
        for (const std::string& mac : answer->second) judge_answer(vip, mac, peer_macs, nodes.peer.name);
      }
    }
  }
}

constexpr int small = 84;

Answer ping(const IpAddress& to) { return to.is_v6() ? probe_ping_v6(to) : probe_ping(to, small); }

// The MAC address that this host's kernel has for an IPv4 address; empty: none.
std::string neighbour_mac(const IpAddress& address) {
  std::ifstream table("/proc/net/arp");
  std::string line, ip, type, flags, mac;
  std::getline(table, line);  // names of the columns
  while (std::getline(table, line)) {
    std::istringstream(line) >> ip >> type >> flags >> mac;
    if (ip == address.to_string()) return mac;
  }
  return {};
}

// Whether frames for the virtual MAC address reach its owner can be told only from elsewhere.
void probe_virtual_macs(const Nodes& nodes, Facts& facts) {
  for (VipFacts& vip : facts.vips) {
    // An IPv6 router knows the peer by its link-local address only.
    const bool peer_owns = vip.state == "backup" && !vip.owner.empty() && vip.owner != nodes.self.name && !vip.foreign;
    if (!vip.virtual_mac_in_force || !peer_owns) continue;
    const auto usable = std::find_if(vip.addresses.begin(), vip.addresses.end(),
                                     [](const Prefix& prefix) { return !prefix.address.is_v6_link_local(); });
    const auto& own = facts.own_addresses;
    if (usable == vip.addresses.end()) continue;
    const IpAddress& address = usable->address;
    if (std::find(own.begin(), own.end(), address) != own.end()) continue;  // kept here for open connections
    const Answer answer = ping(address);
    // Who answered may be this host itself, which keeps the address for open connections, or the owner by an older entry.
    const bool elsewhere = answer == Answer::yes && address.is_v4() && neighbour_mac(address) != vip.virtual_mac;
    if (!elsewhere) vip.reached = answer;
  }
}

void probe_link(const Nodes& nodes, Facts& facts) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    for (const IpAddress& address : interface.addresses) {
      if (address == nodes.self.sync_address) facts.sync_mtu = interface.mtu;
    }
  }
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
  facts.lan_ping = ping(pair.peer.address);
  probe_virtual_macs(pair, facts);
  probe_link(pair, facts);
}

}  // namespace tandem::ctl
