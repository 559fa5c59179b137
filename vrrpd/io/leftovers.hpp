// What a predecessor left that had no chance to clean up, even if the configuration has changed since.
#pragma once

#include <string>
#include <vector>

#include "vrrpd/io/instance.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

/// Whether an address of this host is one that moves between nodes: listed in the settings, or installed by a vrrpd.
[[nodiscard]] bool is_floating(const HostAddress& address, const std::vector<InstanceConfig>& settings);

/// Before the first instance is made: removes all floating addresses and all devices of virtual MAC addresses, and puts
/// the kernel's settings back that stand in `run_dir`. What goes wrong is logged.
void remove_leftovers(Netlink& netlink, const std::vector<InstanceConfig>& settings, const std::string& run_dir);

}  // namespace tandem::vrrp
