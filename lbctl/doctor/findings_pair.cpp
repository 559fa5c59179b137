#include <fmt/format.h>

#include "lbctl/doctor/advert_packets.hpp"
#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

bool runs(const Facts& facts, const std::string& daemon) {
  const auto found = facts.daemons.find(daemon);
  return found != facts.daemons.end() && found->second.running;
}

std::string virtual_switch_hint(const Facts& facts, const VipFacts& vip) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    if (interface.name != vip.interface) continue;
    if (interface.driver == "vmxnet3" || interface.driver == "hv_netvsc" || interface.driver == "xen_netfront" ||
        interface.driver == "ena" || interface.driver == "gve") {
      return fmt::format("; {} is on a virtual switch ({}), which may not carry multicast", interface.name, interface.driver);
    }
  }
  return {};
}

std::int64_t refused(const VipFacts& vip, const std::string& reason) {
  const auto found = vip.dropped.find(reason);
  return found == vip.dropped.end() ? 0 : found->second;
}

// Those that lack the proof of the pair, by itself and with what makes it so; then the rest.
void examine_refused_adverts(const Facts& facts, const VipFacts& vip, Findings& findings) {
  const std::string key = facts.config.cluster ? facts.config.cluster->sync.key_file : "the key file";
  const std::string sniff = fmt::format("tcpdump -ni {} proto 112   (who sends them?)", vip.interface);
  if (const std::int64_t count = refused(vip, "wrong_hmac"); count > 0) {
    findings.warn("adverts", fmt::format("adverts for {} were refused: {} authenticated with another cluster key (wrong_hmac)",
                                         vip.name, count),
                  fmt::format("{} or the names of the nodes differ between the nodes, or somebody forges adverts", key),
                  "lbctl init --join   (copies this node's key to the peer), then on the peer: systemctl restart "
                  "tandem-syncd tandem-lbd tandem-vrrpd");
  }
  if (const std::int64_t count = refused(vip, "no_authentication"); count > 0) {
    findings.warn("adverts", fmt::format("adverts for {} were refused: {} not authenticated (no_authentication)", vip.name, count),
                  "the peer has \"authentication\": false for this address, or another VRRP router has the same vrid on this LAN",
                  "make \"authentication\" the same on both nodes; if it is, " + sniff + " and give the address another vrid");
  }
  std::string reasons;
  for (const auto& [reason, count] : vip.dropped) {
    if (count == 0 || reason == "wrong_hmac" || reason == "no_authentication") continue;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", count, reason);
  }
  if (reasons.empty()) return;
  findings.warn("adverts", fmt::format("adverts for {} were refused: {}", vip.name, reasons),
                "another VRRP router has the same vrid on this LAN, or the two configurations differ", sniff);
}

// What must be open for the adverts of an address.
std::string way_of_adverts(const VipFacts& vip) {
  if (vip.unicast) return "open protocol 112 between the nodes in the firewall or security group";
  return fmt::format("let multicast {} and protocol 112 pass between the nodes, or set \"unicast\": true on the address, on both nodes",
                     advert_group(is_v6_router(vip)).to_string());
}

// Silence on the LAN that another voice does not believe: which one, decides what to do.
void examine_held(const Facts& facts, const VipFacts& vip, Findings& findings) {
  if (vip.vote_reason != "peer_lives") {
    return findings.fail("vote", fmt::format("nobody is heard to own {}, and this node may not: {}", vip.name, vip.vote_text),
                         "the address may have no owner at all", vip.vote_remedy);
  }
  findings.fail("adverts", fmt::format("the adverts for {} do not arrive: {}", vip.name, vip.vote_text),
                "only the sync link and the witnesses keep this node from owning it as well" + virtual_switch_hint(facts, vip),
                way_of_adverts(vip));
}

void examine_adverts(const Facts& facts, const VipFacts& vip, Findings& findings) {
  if (vip.state == "active" && vip.last_advert_ms && vip.peer_priority > 0 && *vip.last_advert_ms < 3 * vip.interval_ms) {
    return findings.fail("owners", fmt::format("{} is active here, and the peer advertises it as well", vip.name),
                         "both nodes answer for the address; clients reach one or the other by chance",
                         "lbctl vrrp on both; then restart vrrpd on the node that is not preferred: systemctl restart tandem-vrrpd");
  }
  if (vip.held) return examine_held(facts, vip, findings);
  if (vip.state == "backup" && (!vip.last_advert_ms || *vip.last_advert_ms > 4 * vip.interval_ms)) {
    return findings.fail(
        "adverts", fmt::format("no advert for {} was heard{}", vip.name,
                               vip.last_advert_ms ? fmt::format(" for {} ms", *vip.last_advert_ms) : std::string()),
        "this node takes the address although the peer may own it" + virtual_switch_hint(facts, vip),
        way_of_adverts(vip));
  }
  if (vip.state == "backup") {
    findings.ok("adverts", fmt::format("{}: the peer's last advert came {} ms ago", vip.name, *vip.last_advert_ms));
  } else if (vip.state == "active" && !facts.sync.connected && vip.adverts_received == 0) {
    findings.warn("adverts", fmt::format("{} is active here, and the peer was never heard", vip.name),
                  "if the peer runs and cannot be heard, it is active as well" + virtual_switch_hint(facts, vip),
                  "lbctl status on the peer; there must be one owner");
  }
  examine_refused_adverts(facts, vip, findings);
}

void examine_owner(const Facts& facts, const VipFacts& vip, Findings& findings) {
  if (!vip.foreign_answers.empty()) {
    findings.fail("duplicate", fmt::format("{} is in use by {}, which is neither node", vip.name, vip.foreign_answers.front()),
                  "clients reach that machine instead of this pair, by chance",
                  fmt::format("find it: ip neigh show dev {} | grep {}   (then take the address off it)", vip.interface,
                              vip.foreign_answers.front()));
  } else if (vip.peer_answers) {
    findings.fail("owners", fmt::format("the peer answers ARP for {} although it is active here", vip.name),
                  "clients reach one node or the other by chance",
                  "on the peer: ip address   (who put it there?), then systemctl restart tandem-vrrpd");
  } else if (vip.probed) {
    findings.ok("duplicate", fmt::format("nobody but this pair answers for {}", vip.name));
  }
  if (vip.conflicts > 0) {
    findings.warn("owners", fmt::format("{} was claimed by both nodes {} time{}", vip.name, vip.conflicts, vip.conflicts == 1 ? "" : "s"),
                  "the nodes could not hear each other for a while", "lbctl events   (look for \"conflict\")");
  }
  if (vip.restored > 0) {
    findings.warn("manager", fmt::format("somebody removed {} from {} {} time{}; vrrpd put it back", vip.name, vip.interface,
                                         vip.restored, vip.restored == 1 ? "" : "s"),
                  "each time connections stop for a moment", "journalctl -u NetworkManager -u systemd-networkd -u networking");
  }
  if (!vip.state.empty() && vip.state != "active" && !vip.may_take_over && facts.maintenance.empty()) {
    findings.fail("takeover", fmt::format("this node may not take over {}: {}", vip.name, vip.may_take_over_reason),
                  "if the peer dies now, the address is gone", "lbctl status   (repair what it lists under problems)");
  }
  if (!vip.state.empty() && vip.owner.empty()) {
    findings.fail("owners", fmt::format("nobody is known to own {}", vip.name), "clients of this address are not served",
                  "lbctl vrrp on both nodes");
  }
  if (facts.peer_identity) {
    const auto there = facts.peer_identity->vips.find(vip.name);
    if (there != facts.peer_identity->vips.end() && there->second == "active" && vip.state == "active") {
      findings.fail("owners", fmt::format("{} is active on both nodes", vip.name),
                    "the nodes do not hear each other's adverts; clients reach one or the other by chance",
                    way_of_adverts(vip));
    }
  }
}

void examine_witnesses(const Facts& facts, Findings& findings) {
  if (!facts.config.cluster || !runs(facts, "vrrpd")) return;
  if (facts.witnesses.empty()) {
    return findings.warn("witnesses", "no witnesses are configured",
                         "a node that is cut off from the LAN, but not from its peer, keeps its addresses",
                         "name two hosts of the LAN in the configuration, on both nodes: \"cluster\": { \"witnesses\": "
                         "[\"DEFAULT-GATEWAY\", …] }");
  }
  std::string silent;
  std::size_t count = 0;
  for (const WitnessFacts& witness : facts.witnesses) {
    if (witness.answers != false) continue;
    silent += (silent.empty() ? "" : ", ") + witness.witness;
    ++count;
  }
  if (count == 0) {
    findings.ok("witnesses", "the witnesses answer");
  } else if (count == facts.witnesses.size()) {
    findings.fail("witnesses", fmt::format("no witness answers ({})", silent),
                  "this node takes over nothing, and gives up what it owns if its peer is better off",
                  fmt::format("ping -c 3 {}   (is this node's LAN cut, or are they the wrong hosts?)", facts.witnesses.front().witness));
  } else {
    findings.warn("witnesses", fmt::format("of the witnesses {} {} silent", silent, count == 1 ? "is" : "are"),
                  "the others decide alone whether this node is cut off", "repair it, or name another host in \"witnesses\"");
  }
}

void examine_sync(const Facts& facts, Findings& findings) {
  if (!runs(facts, "syncd")) return;
  if (facts.sync.wrong_key_total > 0) {
    findings.fail("key", fmt::format("the peer came with another cluster key {} time{}", facts.sync.wrong_key_total,
                                     facts.sync.wrong_key_total == 1 ? "" : "s"),
                  "the nodes refuse each other: nothing is replicated",
                  "lbctl init --join   (copies the key of this node to the peer), then on the peer: systemctl restart tandem-syncd tandem-lbd");
  }
  if (!facts.sync.connected) {
    const std::string probe = facts.sync.probe.empty() ? "" : fmt::format("; its port: {}", facts.sync.probe);
    findings.fail("sync", "syncd is not connected to the peer" + probe,
                  "sticky bindings, drains and weights of this node die with it",
                  facts.sync.probe == "refused"     ? "on the peer: systemctl start tandem-syncd"
                  : facts.sync.probe == "connected" ? "lbctl events   (look for \"peer_refused\": another key or version?)"
                                                    : fmt::format("look at the link between the nodes, and open TCP port {} on the peer",
                                                                  facts.config.cluster->sync.port));
  } else if (facts.sync.path == "lan") {
    findings.warn("sync", "replication goes over the LAN, because the dedicated link is down",
                  "one broken switch now cuts adverts and replication at once",
                  "ip -brief link   (look at the interface with the sync_address, on both nodes)");
  } else {
    findings.ok("sync", "syncd is connected to the peer");
  }
  if (facts.sync.connected && !facts.sync.in_sync) {
    findings.warn("sync", fmt::format("the tables of the nodes differ still: {}", facts.sync.in_sync_reason),
                  "a failover now would forget some sticky clients", "lbctl sync   (again in a few seconds)");
  }
}

void examine_identity(const Facts& facts, Findings& findings) {
  if (!facts.peer_identity) return;
  const Identity& peer = *facts.peer_identity;
  if (peer.node == facts.identity.node) {
    return findings.fail("peer", fmt::format("both hosts say that they are the node {}", peer.node),
                         "two nodes with one name refuse each other", "hostnamectl set-hostname NAME on one of them");
  }
  if (peer.config_digest.empty() || facts.identity.config_digest.empty()) {
    findings.warn("peer", "the configurations cannot be compared: one of them could not be read",
                  "a failover brings whatever the other file says", "run lbctl doctor as root on both nodes");
  } else if (peer.config_digest != facts.identity.config_digest) {
    findings.fail("peer", fmt::format("{} has another configuration file than {}", peer.node, facts.identity.node),
                  "after a failover clients get what the other file says", "lbctl init --join   (copies this node's files to the peer)");
  } else {
    findings.ok("peer", fmt::format("{} has the same configuration", peer.node));
  }
  if (!peer.key_fingerprint.empty() && !facts.identity.key_fingerprint.empty()) {
    if (peer.key_fingerprint != facts.identity.key_fingerprint) {
      findings.fail("key", fmt::format("{} has another cluster key", peer.node), "the nodes refuse each other: nothing is replicated",
                    "lbctl init --join   (copies this node's key to the peer)");
    } else {
      findings.ok("key", fmt::format("{} has the same cluster key", peer.node));
    }
  }
  if (peer.version != facts.identity.version) {
    findings.warn("versions", fmt::format("{} has version {}, this node {}", peer.node, peer.version, facts.identity.version),
                  "the versions of a pair should differ only during an upgrade", "upgrade the package tandem-lb on the older node");
  }
}

}  // namespace

void examine_pair(const Facts& facts, Findings& findings) {
  for (const VipFacts& vip : facts.vips) {
    if (runs(facts, "vrrpd")) examine_adverts(facts, vip, findings);
    examine_owner(facts, vip, findings);
  }
  examine_witnesses(facts, findings);
  examine_sync(facts, findings);
  examine_identity(facts, findings);
}

}  // namespace tandem::ctl
