// What is wrong on this node, as sentences. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace tandem::ctl {

/// Everything in the daemons' statuses that an operator should act on; empty if all is well. `status` has
/// the members "lbd", "vrrpd" and "syncd": a /v1/status or null, which is not judged here. Without a pair
/// (`clustered` false) replication is not missed.
std::vector<std::string> find_problems(const nlohmann::ordered_json& status, bool clustered);

}  // namespace tandem::ctl
