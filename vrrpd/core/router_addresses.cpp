#include "vrrpd/core/router_addresses.hpp"

#include <algorithm>

namespace tandem::vrrp {

Prefix link_local_for(std::uint8_t vrid) {
  return {IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x12, 0, vrid}), 64};
}

RouterAddresses arrange(std::span<const Prefix> configured, std::uint8_t vrid) {
  RouterAddresses out;
  out.all.assign(configured.begin(), configured.end());
  const auto is_v4 = [](const Prefix& p) { return p.address.is_v4(); };
  const auto is_link_local = [](const Prefix& p) { return p.address.is_v6_link_local(); };
  out.v6 = std::none_of(configured.begin(), configured.end(), is_v4);
  if (out.v6) {
    if (std::none_of(configured.begin(), configured.end(), is_link_local)) {
      out.all.insert(out.all.begin(), link_local_for(vrid));
    }
    std::stable_partition(out.all.begin(), out.all.end(), is_link_local);
    out.advertised = out.all.size();
  } else {
    const auto carried = std::stable_partition(out.all.begin(), out.all.end(), is_v4);
    out.advertised = static_cast<std::size_t>(carried - out.all.begin());
  }
  return out;
}

}  // namespace tandem::vrrp
