// Tables of this host as text, read for what matters. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/inet.hpp"

namespace tandem::ctl {

/// An IPv6 address that the kernel refuses to use, because another host on the LAN has it.
struct RefusedAddress {
  std::string interface;
  IpAddress address;
};

/// From /proc/net/if_inet6: those whose duplicate address detection failed.
std::vector<RefusedAddress> duplicate_addresses(std::string_view table);

/// The kind of machine from the DMI's words ("VMware, Inc." and "VMware7,1"): "VMware", "Hyper-V", … "a hypervisor" if
/// none of the known ones but `hypervisor` is true; empty for one of metal.
std::string hypervisor_of(std::string_view vendor, std::string_view product, bool hypervisor);

}  // namespace tandem::ctl
