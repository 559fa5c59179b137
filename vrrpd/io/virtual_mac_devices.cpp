#include "vrrpd/io/virtual_mac_devices.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/log/log.hpp"
#include "vrrpd/core/virtual_mac.hpp"
#include "vrrpd/io/net_setting.hpp"

namespace tandem::vrrp {
namespace {

struct Setting {
  const char* name;
  int value;
};

// Packets for the addresses come in here; what is sent goes out as the routes say, through the LAN interface.
constexpr std::array v4_settings = {
    Setting{"arp_ignore", 1},           // answer for the addresses of this device only
    Setting{"arp_announce", 2},
    Setting{"arp_filter", 0},           // the way back to whoever asks is another device
    // A strict filter would drop everything. Of 0, 1 (strict) and 2 (loose) the larger counts, so 2 beats a strict "all".
    Setting{"rp_filter", 2},
    Setting{"accept_local", 1},
    Setting{"promote_secondaries", 1},  // the end of one address does not end others
    Setting{"forwarding", 0},           // what comes for the virtual MAC address is for this host or for nobody
};
constexpr std::array v6_settings = {
    Setting{"addr_gen_mode", 1},  // no address made of the virtual MAC address (RFC 9568 7.4)
    Setting{"accept_ra", 0},      // nor one or a route that a router offers
    Setting{"accept_dad", 0},     // the former owner may still have the address
    Setting{"dad_transmits", 0},
};

void note(std::string& problem, std::string text) {
  if (problem.empty()) problem = std::move(text);
}

// What prepare() found and did.
struct Preparation {
  std::string problem;
  std::string changed;  // one of the settings that were not as they should be
};

void set(const std::string& name, int value, Preparation& out) {
  if (net_setting(name) == value) return;
  if (auto done = set_net_setting(name, value); !done) note(out.problem, done.error().message);
  else out.changed = name;
}

// Of some settings the kernel obeys the larger of "all" and the device's own.
void examine_all(std::string& problem) {
  const auto all = [](const char* name) { return net_setting(std::string("ipv4/conf/all/") + name).value_or(0); };
  if (const int value = all("arp_ignore"); value > 1) {
    note(problem, fmt::format("net.ipv4.conf.all.arp_ignore is {}: ARP for the virtual MAC address is not answered",
                              value));
  }
  if (all("arp_filter") != 0) {
    note(problem, "net.ipv4.conf.all.arp_filter is 1: ARP for the virtual MAC address is not answered");
  }
}

Preparation prepare(const std::string& device, bool carries_v6) {
  Preparation out;
  const std::string v4 = "ipv4/conf/" + device + "/";
  for (const Setting& setting : v4_settings) set(v4 + setting.name, setting.value, out);
  examine_all(out.problem);
  const std::string v6 = "ipv6/conf/" + device + "/";
  if (!net_setting(v6 + "disable_ipv6")) return out;  // the host has no IPv6
  for (const Setting& setting : v6_settings) set(v6 + setting.name, setting.value, out);
  set(v6 + "disable_ipv6", carries_v6 ? 0 : 1, out);
  return out;
}

}  // namespace

void VirtualMacDevices::look(const std::vector<Link>& links) {
  std::erase_if(devices_, [&links](VirtualMacDevice& device) {
    const auto found = std::find_if(links.begin(), links.end(), [&device](const Link& link) {
      return link.index == device.link.index && link.mac == device.link.mac;
    });
    if (found != links.end()) device.link = *found;
    return found == links.end();
  });
}

Result<VirtualMacDevice> VirtualMacDevices::acquire(const Link& parent, bool v6, std::uint8_t vrid, bool carries_v6) {
  const std::string name = virtual_mac_device(v6, vrid, parent.name);
  const auto known = std::find_if(devices_.begin(), devices_.end(), [&](const VirtualMacDevice& device) {
    return device.link.name == name && device.link.parent == parent.index;
  });
  if (known != devices_.end() && known->link.enabled) {
    std::erase(released_, known->link.index);
    return *known;
  }
  VirtualMacDevice device;
  if (known != devices_.end()) {
    device = *known;
    devices_.erase(known);
  } else {
    device.link = {.name = name, .ethernet = true, .mac = virtual_mac(v6, vrid), .macvlan = true, .parent = parent.index};
    const auto made = netlink_.create_macvlan(name, parent.index, device.link.mac);
    if (!made) return made.error();
    device.link.index = *made;
  }
  std::erase(released_, device.link.index);
  device.carries_v6 = carries_v6;
  device.problem = prepare(name, carries_v6).problem;
  if (auto enabled = netlink_.enable_link(device.link.index); !enabled) {
    devices_.push_back(std::move(device));  // the next attempt has it already
    return enabled.error();
  }
  device.link.enabled = true;
  devices_.push_back(device);
  return device;
}

void VirtualMacDevices::keep(int link) {
  for (VirtualMacDevice& device : devices_) {
    if (device.link.index != link) continue;
    Preparation found = prepare(device.link.name, device.carries_v6);
    device.problem = std::move(found.problem);
    if (!found.changed.empty()) {
      log::warning("somebody had changed /proc/sys/net/{}; it is set again as the virtual MAC address needs it", found.changed);
    }
  }
}

void VirtualMacDevices::release(int link) { released_.push_back(link); }

void VirtualMacDevices::sweep() {
  if (released_.empty()) return;
  const std::vector<int> released = std::exchange(released_, {});
  std::erase_if(devices_, [&released](const VirtualMacDevice& device) {
    return std::find(released.begin(), released.end(), device.link.index) != released.end();
  });
  if (auto removed = netlink_.delete_links(released); !removed) log::error("{}", removed.error().message);
}

Result<std::size_t> remove_virtual_mac_devices(Netlink& netlink, const std::vector<std::string>* interfaces) {
  const auto links = netlink.links();
  if (!links) return links.error();
  std::vector<int> found;
  for (const Link& link : *links) {
    if (!link.macvlan || !is_virtual_mac_device(link.name, link.mac)) continue;
    const bool meant = interfaces == nullptr ||
                       std::any_of(links->begin(), links->end(), [&](const Link& parent) {
                         return parent.index == link.parent &&
                                std::find(interfaces->begin(), interfaces->end(), parent.name) != interfaces->end();
                       });
    if (meant) found.push_back(link.index);
  }
  if (found.empty()) return std::size_t{0};
  if (auto removed = netlink.delete_links(found); !removed) return removed.error();
  return found.size();
}

}  // namespace tandem::vrrp
