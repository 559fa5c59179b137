// One number below /proc/sys/net, as sysctl(8) shows them.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"

namespace tandem::vrrp {

/// `name` is the path below /proc/sys/net, "ipv4/conf/eth0/arp_ignore". nullopt: there is no such setting, or it
/// cannot be read.
std::optional<int> net_setting(const std::string& name);
/// Needs CAP_NET_ADMIN and a /proc/sys that is not read-only.
Result<> set_net_setting(const std::string& name, int value);

}  // namespace tandem::vrrp
