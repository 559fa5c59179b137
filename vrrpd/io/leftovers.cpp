#include "vrrpd/io/leftovers.hpp"

#include <algorithm>

#include "common/log/log.hpp"
#include "vrrpd/io/arp_discipline.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"

namespace tandem::vrrp {
namespace {

void remove_addresses(Netlink& netlink, const std::vector<InstanceConfig>& settings) {
  auto addresses = netlink.addresses();
  if (!addresses) return log::error("{}", addresses.error().message);
  for (const HostAddress& address : *addresses) {
    if (!is_floating(address, settings)) continue;
    log::warning("removing {}, left behind by an earlier vrrpd or installed by somebody else",
                 address.prefix.to_string());
    if (auto removed = netlink.delete_address(address.link, address.prefix); !removed) {
      log::error("{}", removed.error().message);
    }
  }
}

void remove_devices(Netlink& netlink) {
  const auto removed = remove_virtual_mac_devices(netlink, nullptr);
  if (!removed) log::error("{}", removed.error().message);
  else if (*removed > 0) log::warning("removed {} device(s) of virtual MAC addresses of an earlier vrrpd", *removed);
}

}  // namespace

bool is_floating(const HostAddress& address, const std::vector<InstanceConfig>& settings) {
  return address.protocol == address_protocol ||
         std::any_of(settings.begin(), settings.end(), [&address](const InstanceConfig& config) {
           const auto& addresses = config.addresses.all;
           return std::any_of(addresses.begin(), addresses.end(),
                              [&address](const Prefix& p) { return p.address == address.prefix.address; });
         });
}

void remove_leftovers(Netlink& netlink, const std::vector<InstanceConfig>& settings, const std::string& run_dir) {
  remove_addresses(netlink, settings);
  remove_devices(netlink);
  lift_arp_discipline(run_dir);
}

}  // namespace tandem::vrrp
