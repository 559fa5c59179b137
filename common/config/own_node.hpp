// Which node of the pair a host is: one rule for the daemons, `lbctl init` and `lbctl doctor`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/config/model.hpp"

namespace tandem::config {

/// The node whose name is `host`, else the one whose name is `host` up to its first dot: "lb1.example.com" is the node
/// lb1. nullptr: there is none, and only --node can say it. Points into `cluster`.
[[nodiscard]] const NodeConfig* find_own_node(const ClusterConfig& cluster, std::string_view host);

/// Its name; `host` itself if there is no such node, or no cluster.
[[nodiscard]] std::string own_node_name(const Config& config, const std::string& host);

}  // namespace tandem::config
