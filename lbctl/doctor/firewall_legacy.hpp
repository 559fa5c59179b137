// What the old iptables would do with one packet, as far as its rules can be understood. Pure.
#pragma once

#include <string_view>

#include "lbctl/doctor/firewall.hpp"

namespace tandem::ctl {

/// `rules` is what `iptables-legacy -S` prints (ip6tables-legacy for a packet of IPv6): the table "filter". Options that
/// are not understood make the answer unclear, where it depends on them.
FirewallAnswer judge_legacy_firewall(std::string_view rules, const ProbePacket& packet);

}  // namespace tandem::ctl
