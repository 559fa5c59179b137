// The devices of nftables' chains, which its JSON leaves out. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tandem::ctl {

/// Adds "dev", an array of names, to the chains of `ruleset` (`nft -j list ruleset`) that `text` (`nft list ruleset`) gives
/// devices: of nftables 1.0.6 only the text tells.
void name_devices(nlohmann::ordered_json& ruleset, std::string_view text);

}  // namespace tandem::ctl
