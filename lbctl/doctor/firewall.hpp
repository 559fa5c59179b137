// What nftables would do with one packet, as far as its rules can be understood. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

/// `ruleset` is what `nft -j list ruleset` prints. Matches that are not understood make the answer unclear, where
/// it depends on them. Chains of a device need its name: see name_devices().
FirewallAnswer judge_firewall(const nlohmann::ordered_json& ruleset, const ProbePacket& packet);

}  // namespace tandem::ctl
