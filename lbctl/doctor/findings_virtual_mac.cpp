#include <fmt/format.h>

#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

constexpr const char* without = "or set \"virtual_mac\": false on the address, on both nodes";

bool is_wireless(const Facts& facts, const std::string& name) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    if (interface.name == name && interface.wireless) return true;
  }
  return false;
}

void examine_one(const Facts& facts, const VipFacts& vip, Findings& findings) {
  if (is_wireless(facts, vip.interface)) {
    return findings.fail("virtual_mac", fmt::format("{} is a wireless interface", vip.interface),
                         "an access point passes nothing on from or to a second MAC address",
                         fmt::format("use a cable, {}", without));
  }
  if (!vip.state.empty() && !vip.virtual_mac_in_force) {
    findings.warn("virtual_mac", fmt::format("{} has no virtual MAC address: {}", vip.name, vip.virtual_mac_problem),
                  "its clients must learn another MAC address when it moves",
                  "modprobe macvlan; systemctl restart tandem-vrrpd   (and read its log)");
  } else if (!vip.virtual_mac_problem.empty()) {
    findings.fail("virtual_mac", fmt::format("the virtual MAC address of {} does not work: {}", vip.name, vip.virtual_mac_problem),
                  "when this node owns the address, nobody reaches it",
                  "sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_filter=0; systemctl restart tandem-vrrpd   (and in /etc/sysctl.d)");
  }
  if (!vip.virtual_mac_manager.empty()) {
    findings.warn("manager", fmt::format("{} manages {}, which carries the virtual MAC address of {}", vip.virtual_mac_manager, vip.virtual_mac_device, vip.name),
                  "it may ask for addresses and routes there, or take the floating ones away",
                  vip.virtual_mac_manager == "dhcpcd" ? "echo 'denyinterfaces vr4.* vr6.*' >> /etc/dhcpcd.conf; systemctl restart dhcpcd"
                  : vip.virtual_mac_manager == "NetworkManager"
                      ? "printf '[keyfile]\\nunmanaged-devices+=interface-name:vr4.*;interface-name:vr6.*\\n' > /etc/NetworkManager/conf.d/tandem.conf; "
                        "systemctl reload NetworkManager"
                      : "printf '[Match]\\nName=vr4.* vr6.*\\n[Link]\\nUnmanaged=yes\\n' > /etc/systemd/network/05-tandem.network; networkctl reload");
  }
  if (vip.reached == Answer::no && facts.lan_ping == Answer::yes) {
    return findings.fail("virtual_mac", fmt::format("{} is owned by {}, which answers at its own address but not at {}", vip.name, vip.owner, vip.virtual_mac),
                         "a switch, or the hypervisor's, refuses frames from or to this MAC address: clients do not reach it either",
                         fmt::format("on the virtual switch allow forged transmits, MAC changes and promiscuous mode (or MAC learning; Proxmox: no MAC filter; "
                                     "OpenStack: allowed address pairs) for both nodes, {}", without));
  }
  if (vip.reached == Answer::yes) {
    return findings.ok("virtual_mac", fmt::format("{} is reached at {}", vip.name, vip.virtual_mac));
  }
  if (facts.hypervisor == "KVM" || facts.hypervisor == "OpenStack") {
    findings.warn("virtual_mac", fmt::format("{} has a virtual MAC address, and this host runs under {}", vip.name, facts.hypervisor),
                  "a plain bridge learns any MAC address, but the MAC filter of Proxmox, the port security of OpenStack and the "
                  "filters of libvirt refuse it; the peer could tell",
                  fmt::format("run lbctl doctor on the node that does not own it, which pings it; Proxmox: switch off \"MAC filter\" in the "
                              "firewall options of both machines; OpenStack: openstack port set --allowed-address "
                              "ip-address=ADDRESS,mac-address={} PORT; libvirt: no filterref \"clean-traffic\"; {}", vip.virtual_mac, without));
  } else if (!facts.hypervisor.empty()) {
    findings.warn("virtual_mac", fmt::format("{} has a virtual MAC address, and this host runs under {}", vip.name, facts.hypervisor),
                  "virtual switches often refuse frames from or to a MAC address that they did not give out; the peer could tell",
                  fmt::format("run lbctl doctor on the node that does not own it, which pings it; allow forged transmits, MAC changes and promiscuous mode, {}", without));
  }
}

}  // namespace

void examine_virtual_macs(const Facts& facts, Findings& findings) {
  for (const VipFacts& vip : facts.vips) {
    if (!vip.virtual_mac.empty()) examine_one(facts, vip, findings);
  }
}

}  // namespace tandem::ctl
