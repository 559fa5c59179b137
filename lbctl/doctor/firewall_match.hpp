// Whether a packet meets a condition of nftables. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>

#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

enum class Match : std::uint8_t { no, maybe, yes };

inline Match matches_if(bool condition) { return condition ? Match::yes : Match::no; }

/// Whether what `left` names of the packet is `right`: one value, a prefix or a range. What is not understood is maybe.
Match match_packet(const ProbePacket& packet, const nlohmann::ordered_json& left, const nlohmann::ordered_json& right);

}  // namespace tandem::ctl
