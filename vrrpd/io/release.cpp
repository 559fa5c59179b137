#include "vrrpd/io/release.hpp"

#include <algorithm>

#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/arp_discipline.hpp"
#include "vrrpd/io/clsact.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"

namespace tandem::vrrp {
namespace {

bool lists(const config::Config& config, const IpAddress& address) {
  return std::any_of(config.virtual_addresses.begin(), config.virtual_addresses.end(), [&address](const auto& known) {
    return std::any_of(known.addresses.begin(), known.addresses.end(),
                       [&address](const Prefix& prefix) { return prefix.address == address; });
  });
}

bool release_filters(Netlink& netlink, const std::vector<std::string>* interfaces, const std::string& run_dir) {
  auto links = netlink.links();
  if (links && interfaces != nullptr) {
    std::erase_if(*links, [interfaces](const Link& link) {
      return std::find(interfaces->begin(), interfaces->end(), link.name) == interfaces->end();
    });
  }
  const auto removed = links ? remove_filters(*links, run_dir) : Result<std::size_t>(links.error());
  if (!removed) log::error("{}", removed.error().message);
  else if (*removed > 0) log::warning("detached {} program(s) of the kernel lease and the hand-over relay", *removed);
  return removed.has_value();
}

bool release_devices(Netlink& netlink, const std::vector<std::string>* interfaces) {
  const auto removed = remove_virtual_mac_devices(netlink, interfaces);
  if (!removed) log::error("{}", removed.error().message);
  else if (*removed > 0) log::warning("removed {} device(s) of virtual MAC addresses", *removed);
  return removed.has_value();
}

}  // namespace

std::vector<HostAddress> left_behind(const std::vector<HostAddress>& present, const config::Config* config) {
  std::vector<HostAddress> found;
  for (const HostAddress& address : present) {
    if (address.protocol != address_protocol) continue;
    if (config == nullptr || lists(*config, address.prefix.address)) found.push_back(address);
  }
  return found;
}

int release_left_behind(const config::LoadOutcome& loaded, const std::string& run_dir) {
  auto netlink = Netlink::open();
  if (!netlink) {
    log::error("{}", netlink.error().message);
    return io::exit_failure;
  }
  const auto present = netlink->addresses();
  if (!present) {
    log::error("{}", present.error().message);
    return io::exit_failure;
  }
  int code = io::exit_ok;
  for (const HostAddress& address : left_behind(*present, loaded.usable() ? &loaded.config : nullptr)) {
    if (auto removed = netlink->delete_address(address.link, address.prefix); !removed) {
      log::error("{}", removed.error().message);
      code = io::exit_failure;
    } else {
      log::warning("removed {}, which a vrrpd has left behind", address.prefix.to_string());
    }
  }
  std::vector<std::string> configured;
  for (const auto& known : loaded.config.virtual_addresses) configured.push_back(known.interface);
  const auto* interfaces = loaded.usable() ? &configured : nullptr;
  if (!release_devices(*netlink, interfaces)) code = io::exit_failure;
  if (!release_filters(*netlink, interfaces, run_dir)) code = io::exit_failure;
  lift_arp_discipline(run_dir);
  return code;
}

}  // namespace tandem::vrrp
