#include "vrrpd/io/release.hpp"

#include <algorithm>

#include "common/io/daemon.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

bool lists(const config::Config& config, const IpAddress& address) {
  return std::any_of(config.virtual_addresses.begin(), config.virtual_addresses.end(), [&address](const auto& known) {
    return std::any_of(known.addresses.begin(), known.addresses.end(),
                       [&address](const Prefix& prefix) { return prefix.address == address; });
  });
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

int release_left_behind(const config::LoadOutcome& loaded) {
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
  return code;
}

}  // namespace tandem::vrrp
