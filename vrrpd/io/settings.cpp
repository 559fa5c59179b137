#include "vrrpd/io/settings.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace tandem::vrrp {
namespace {

Result<> check_limits(const config::VirtualAddressConfig& virtual_address, const config::NodeConfig& peer) {
  if (virtual_address.addresses.size() > max_addresses) {
    return Error{fmt::format("virtual address {} has {} addresses; one VRID carries at most {}: use a second one",
                             virtual_address.name, virtual_address.addresses.size(), max_addresses)};
  }
  if (virtual_address.unicast && peer.address.is_v6()) {
    return Error{fmt::format("virtual address {} is unicast, which needs an IPv4 address of node {}",
                             virtual_address.name, peer.name)};
  }
  return {};
}

}  // namespace

Result<std::vector<InstanceConfig>> settings_for(const config::Config& config, const std::string& node) {
  if (!config.cluster) {
    return Error{"the configuration has no \"cluster\": without a pair there is nothing for vrrpd to do"};
  }
  const auto& nodes = config.cluster->nodes;
  const auto self = std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.name == node; });
  if (self == nodes.end()) {
    return Error{fmt::format("node '{}' is not in cluster.nodes ({}, {}): use --node", node, nodes[0].name,
                             nodes[1].name)};
  }
  const auto& peer = self == nodes.begin() ? nodes[1] : nodes[0];
  if (config.virtual_addresses.empty()) {
    return Error{"the configuration has no \"virtual_addresses\": there is nothing for vrrpd to do"};
  }
  if (config.virtual_addresses.size() >= HeldBoard::slots) {
    return Error{fmt::format("{} virtual addresses; vrrpd carries at most {}", config.virtual_addresses.size(),
                             HeldBoard::slots - 1)};
  }
  std::vector<InstanceConfig> out;
  for (const auto& virtual_address : config.virtual_addresses) {
    if (auto fits = check_limits(virtual_address, peer); !fits) return fits.error();
    out.push_back({.virtual_address = virtual_address, .self = *self, .peer = peer});
  }
  return out;
}

}  // namespace tandem::vrrp
