// What nftables would do with one packet, as far as its rules can be understood. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

#include "common/base/inet.hpp"
#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

/// A packet from the peer, the first of its connection.
struct ProbePacket {
  std::string interface;  // by which it arrives
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;  // 112: VRRP, 6: TCP
  std::uint16_t port = 0;     // destination, of TCP
};

struct FirewallAnswer {
  Firewall verdict = Firewall::passes;
  std::string rule;  // "policy of chain inet filter input", "inet filter input handle 7"; empty if it passes
};

/// `ruleset` is what `nft -j list ruleset` prints. Matches that are not understood make the answer unclear, where
/// it depends on them.
FirewallAnswer judge_firewall(const nlohmann::ordered_json& ruleset, const ProbePacket& packet);

}  // namespace tandem::ctl
