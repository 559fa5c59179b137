#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/io/unique_fd.hpp"
#include "lbctl/doctor/collect.hpp"
#include "lbctl/init/guess.hpp"

namespace tandem::ctl {
namespace {

namespace fs = std::filesystem;

std::optional<int> effective_sysctl(const std::string& interface, const std::string& name) {
  const auto all = read_number("/proc/sys/net/ipv4/conf/all/" + name);
  const auto own = read_number("/proc/sys/net/ipv4/conf/" + interface + "/" + name);
  if (!own) return std::nullopt;
  return std::max(*own, all.value_or(0));
}

std::string link_target_name(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  return error ? std::string() : target.filename().string();
}

void find_bridge(InterfaceFacts& facts) {
  const fs::path system = "/sys/class/net";
  if (fs::exists(system / facts.name / "bridge")) facts.bridge = facts.name;
  const std::string master = link_target_name(system / facts.name / "master");
  if (!master.empty() && fs::exists(system / master / "bridge")) facts.bridge = master;
  if (facts.bridge.empty()) return;
  facts.snooping = read_number((system / facts.bridge / "bridge/multicast_snooping").string()).value_or(0) != 0;
  facts.querier = read_number((system / facts.bridge / "bridge/multicast_querier").string()).value_or(0) != 0;
}

InterfaceFacts look_at_interface(const std::string& name) {
  InterfaceFacts facts;
  facts.name = name;
  const unsigned index = ::if_nametoindex(name.c_str());
  const io::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  if (index == 0 || !fd || ::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) return facts;
  facts.exists = true;
  facts.up = (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
  if (::ioctl(fd.get(), SIOCGIFMTU, &request) == 0) facts.mtu = request.ifr_mtu;
  for (const auto& [interface, text] : own_addresses()) {
    const auto address = IpAddress::parse(text);
    if (interface == name && address) facts.addresses.push_back(*address);
  }
  facts.rp_filter = effective_sysctl(name, "rp_filter");
  facts.arp_ignore = effective_sysctl(name, "arp_ignore");
  facts.arp_announce = effective_sysctl(name, "arp_announce");
  facts.wireless = fs::exists(fs::path("/sys/class/net") / name / "phy80211");
  facts.driver = link_target_name(fs::path("/sys/class/net") / name / "device/driver");
  find_bridge(facts);
  facts.manager = find_manager("/", name, index);
  return facts;
}

// The interfaces of the floating addresses, and those that have the node's own addresses.
std::set<std::string> interesting_interfaces(const Facts& facts) {
  std::set<std::string> names;
  for (const VipFacts& vip : facts.vips) names.insert(vip.interface);
  for (const config::NodeConfig& node : facts.config.cluster->nodes) {
    if (node.name != facts.self) continue;
    for (const auto& [interface, text] : own_addresses()) {
      if (text == node.address.to_string() || text == node.sync_address.to_string()) names.insert(interface);
    }
  }
  return names;
}

std::string whole_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string find_hypervisor() {
  const auto dmi = [](const char* name) { return first_line(std::string("/sys/class/dmi/id/") + name).value_or(""); };
  const bool flag = whole_file("/proc/cpuinfo").find(" hypervisor") != std::string::npos;
  return hypervisor_of(dmi("sys_vendor"), dmi("product_name"), flag);
}

// Other owners of floating addresses in this network namespace.
std::vector<std::string> find_rivals() {
  std::set<std::string> found;
  const std::string own = link_target_name("/proc/self/ns/net");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string name = first_line("/proc/" + pid + "/comm").value_or("");
    if ((name == "keepalived" || name == "ucarp") && link_target_name("/proc/" + pid + "/ns/net") == own) found.insert(name);
  }
  return {found.begin(), found.end()};
}

}  // namespace

void collect_host(Facts& facts) {
  timex clock{};
  facts.clock_synchronised = ::adjtimex(&clock) != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  facts.rivals = find_rivals();
  facts.duplicates = duplicate_addresses(whole_file("/proc/net/if_inet6"));
  facts.hypervisor = find_hypervisor();
  facts.realtime_share_us = read_number("/proc/sys/kernel/sched_rt_runtime_us");
  for (VipFacts& vip : facts.vips) {
    const std::string& device = vip.virtual_mac_device;
    if (const unsigned index = ::if_nametoindex(device.c_str()); index != 0) vip.virtual_mac_manager = find_manager("/", device, index).name;
  }
  if (!facts.mistakes.empty() || !facts.config.cluster) return;
  for (const std::string& name : interesting_interfaces(facts)) {
    facts.interfaces.push_back(look_at_interface(name));
    for (const VipFacts& vip : facts.vips) facts.interfaces.back().carries_vip |= vip.interface == name;
  }
}

}  // namespace tandem::ctl
