#include <fmt/format.h>

#include <algorithm>

#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

bool owned_here(const Facts& facts, const IpAddress& address) {
  return std::find(facts.own_addresses.begin(), facts.own_addresses.end(), address) != facts.own_addresses.end();
}

void examine_own_addresses(const Facts& facts, Findings& findings) {
  for (const config::NodeConfig& node : facts.config.cluster->nodes) {
    if (node.name != facts.self) continue;
    for (const IpAddress& address : {node.address, node.sync_address}) {
      if (owned_here(facts, address)) continue;
      findings.fail("addresses", fmt::format("this node's address {} is on no interface of this host", address.to_string()),
                    address == node.address ? "vrrpd cannot send adverts from it" : "syncd cannot listen on it",
                    "ip address   (then correct the configuration on both nodes, or the network's)");
    }
  }
}

void examine_duplicates(const Facts& facts, Findings& findings) {
  for (const RefusedAddress& refused : facts.duplicates) {
    bool floating = false;
    for (const VipFacts& vip : facts.vips) {
      for (const Prefix& prefix : vip.addresses) floating = floating || prefix.address == refused.address;
    }
    const std::string text = refused.address.to_string();
    findings.fail("duplicate", fmt::format("another host on the LAN of {} has the address {}", refused.interface, text),
                  floating ? "the kernel does not use it here: clients reach the other host"
                           : "the kernel does not use it: adverts and replication from it do not leave",
                  fmt::format("take it off the other host (tcpdump -eni {} icmp6 shows its MAC address), then: ip addr del {} dev {}",
                              refused.interface, text, refused.interface));
  }
}

void examine_sysctls(const InterfaceFacts& interface, const Facts& facts, Findings& findings) {
  if (interface.rp_filter == 1) {
    findings.warn("rp_filter", fmt::format("strict reverse path filtering is on for {}", interface.name),
                  "the kernel silently drops packets whose way back is another interface: clients of another network, and "
                  "connections that are passed on in a planned move",
                  fmt::format("sysctl -w net.ipv4.conf.{}.rp_filter=2 net.ipv4.conf.all.rp_filter=2   (and in /etc/sysctl.d)",
                              interface.name));
  } else if (interface.rp_filter) {
    findings.ok("rp_filter", fmt::format("{} accepts packets whichever way back they have", interface.name));
  }
  if (!interface.arp_ignore || !interface.carries_vip) return;
  const auto vrrpd = facts.daemons.find("vrrpd");
  const bool running = vrrpd != facts.daemons.end() && vrrpd->second.running;
  if (running && interface.arp_announce && *interface.arp_announce < 2) {
    findings.fail("arp_announce", fmt::format("arp_announce of {} is {} although vrrpd had raised it", interface.name, *interface.arp_announce),
                  "this node's own ARP requests name floating addresses, with a MAC address that is not theirs",
                  fmt::format("sysctl -w net.ipv4.conf.{}.arp_announce=2   (and look who resets it: /etc/sysctl.d)", interface.name));
  }
  if (*interface.arp_ignore == 0 && running) {
    findings.fail("arp_ignore", fmt::format("arp_ignore of {} is 0 although vrrpd had raised it", interface.name),
                  "this node answers ARP for addresses that it has handed over: both nodes seem to own them",
                  fmt::format("sysctl -w net.ipv4.conf.{}.arp_ignore=1   (and look who resets it: /etc/sysctl.d)", interface.name));
  } else if (*interface.arp_ignore > 2) {
    findings.fail("arp_ignore", fmt::format("arp_ignore of {} is {}", interface.name, *interface.arp_ignore),
                  "the node may not answer ARP for floating addresses: nobody reaches them",
                  fmt::format("sysctl -w net.ipv4.conf.{}.arp_ignore=1 net.ipv4.conf.all.arp_ignore=0", interface.name));
  } else {
    findings.ok("arp_ignore", fmt::format("{} answers ARP as it should", interface.name));
  }
}

void examine_bridge(const InterfaceFacts& interface, const Facts& facts, Findings& findings) {
  if (interface.bridge.empty() || !interface.snooping || interface.querier) return;
  bool v6 = false;
  for (const VipFacts& vip : facts.vips) {
    for (const Prefix& prefix : vip.addresses) v6 = v6 || prefix.address.is_v6();
  }
  if (!v6) {
    return findings.ok("multicast", fmt::format("the bridge {} snoops multicast; adverts of IPv4 are exempt", interface.bridge));
  }
  findings.warn("multicast", fmt::format("the bridge {} snoops multicast and no querier asks", interface.bridge),
                "after some minutes it forgets who listens, and IPv6 adverts no longer arrive: both nodes become active",
                fmt::format("ip link set {} type bridge mcast_snooping 0   (or mcast_querier 1)", interface.bridge));
}

// What each manager does to floating addresses, and how it is told not to.
void examine_manager(const InterfaceFacts& interface, Findings& findings) {
  const std::string& name = interface.manager.name;
  if (name.empty() || interface.manager.keeps_addresses) return;
  const auto warn = [&](const char* does, const char* why, std::string fix) {
    findings.warn("manager", fmt::format("{} manages {}{}", name, interface.name, does), why, std::move(fix));
  };
  if (name == "systemd-networkd") {
    warn(" and may remove addresses that it does not know",
         "when it restarts, for an upgrade, floating addresses vanish until vrrpd puts them back",
         fmt::format("mkdir -p /etc/systemd/network/NAME.network.d && printf '[Network]\\nKeepConfiguration=static\\n' > "
                     "/etc/systemd/network/NAME.network.d/tandem.conf && networkctl reload   "
                     "(NAME: see `networkctl status {}`)", interface.name));
  } else if (name == "NetworkManager") {
    warn("", "when a connection is applied again it removes addresses that are not in its profile; vrrpd puts them back, but open "
             "connections may break",
         fmt::format("change that connection only after `lbctl failover`, or: nmcli device set {} managed no", interface.name));
  } else if (name == "ifupdown2") {
    warn(" and removes addresses that are not in its files",
         "with every ifreload, also that of an upgrade or of the Proxmox interface, floating addresses vanish until vrrpd puts them back",
         fmt::format("\"address-purge no\" in the stanza \"iface {}\" of /etc/network/interfaces, then: ifreload -a", interface.name));
  } else if (name == "dhcpcd") {
    warn(" and may change this node's own address there",
         "when a lease ends or is another one, the address goes from which adverts leave, and the peer takes over",
         fmt::format("\"interface {}\" and \"static ip_address=ADDRESS/LENGTH\" in /etc/dhcpcd.conf, or \"denyinterfaces {} vr4.* vr6.*\" "
                     "if something else configures it; then: systemctl restart dhcpcd", interface.name, interface.name));
  }
}

void examine_interface(const InterfaceFacts& interface, const Facts& facts, Findings& findings) {
  if (!interface.exists) {
    return findings.fail("interface", fmt::format("there is no interface {}", interface.name),
                         "vrrpd cannot put floating addresses on it",
                         "ip -brief link   (then correct \"interface\" in the configuration)");
  }
  if (!interface.up) {
    return findings.fail("interface", fmt::format("{} is down or has no carrier", interface.name),
                         "this node is cut off, and does not own its addresses",
                         fmt::format("ip link set {} up   (and look at the cable)", interface.name));
  }
  findings.ok("interface", fmt::format("{} is up, MTU {}", interface.name, interface.mtu));
  examine_sysctls(interface, facts, findings);
  if (!interface.carries_vip) return;
  examine_bridge(interface, facts, findings);
  examine_manager(interface, findings);
}

}  // namespace

void examine_network(const Facts& facts, Findings& findings) {
  examine_own_addresses(facts, findings);
  examine_duplicates(facts, findings);
  for (const InterfaceFacts& interface : facts.interfaces) examine_interface(interface, facts, findings);
  if (facts.small_ping == Answer::yes && facts.full_ping == Answer::no) {
    findings.fail("mtu", fmt::format("the peer answers on the sync link, but not packets of {} bytes", facts.sync_mtu),
                  "replication works until the first large batch, then stalls",
                  "make the MTU the same on both nodes and the switch between: ip link set INTERFACE mtu 1500");
  } else if (facts.full_ping == Answer::yes) {
    findings.ok("mtu", fmt::format("packets of {} bytes reach the peer on the sync link", facts.sync_mtu));
  }
}

}  // namespace tandem::ctl
