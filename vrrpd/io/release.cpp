#include "vrrpd/io/release.hpp"

#include <algorithm>

#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/arp_discipline.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"

namespace tandem::vrrp {
namespace {

bool lists(const config::Config& config, const IpAddress& address) {
  return std::any_of(config.virtual_addresses.begin(), config.virtual_addresses.end(), [&address](const auto& known) {
    return std::any_of(known.addresses.begin(), known.addresses.end(),
                       [&address](const Prefix& prefix) { return prefix.address == address; });
  });
}

bool release_devices(Netlink& netlink, const config::LoadOutcome& loaded) {
  std::vector<std::string> interfaces;
  for (const auto& known : loaded.config.virtual_addresses) interfaces.push_back(known.interface);
  const auto removed = remove_virtual_mac_devices(netlink, loaded.usable() ? &interfaces : nullptr);
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
  if (!release_devices(*netlink, loaded)) code = io::exit_failure;
  lift_arp_discipline(run_dir);
  return code;
}

}  // namespace tandem::vrrp
