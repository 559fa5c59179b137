#include "common/config/own_node.hpp"

namespace tandem::config {
namespace {

const NodeConfig* find_node(const ClusterConfig& cluster, std::string_view name) {
  for (const NodeConfig& node : cluster.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

}  // namespace

const NodeConfig* find_own_node(const ClusterConfig& cluster, std::string_view host) {
  if (const NodeConfig* exact = find_node(cluster, host)) return exact;
  return find_node(cluster, host.substr(0, host.find('.')));
}

std::string own_node_name(const Config& config, const std::string& host) {
  const NodeConfig* node = config.cluster ? find_own_node(*config.cluster, host) : nullptr;
  return node == nullptr ? host : node->name;
}

}  // namespace tandem::config
