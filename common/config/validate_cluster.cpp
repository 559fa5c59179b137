#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

/// Loopback or something that no interface can have as its own.
bool is_unusable(const IpAddress& address) {
  return address.is_any() || address.is_multicast() ||
         Prefix::parse("127.0.0.0/8")->contains(address) || address == *IpAddress::parse("::1");
}

void check_node_addresses(const ClusterConfig& cluster, const Place& nodes, Diagnostics& mistakes) {
  std::map<IpAddress, std::size_t> owners;
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i) {
    const NodeConfig& node = cluster.nodes[i];
    const std::array<std::pair<Place, IpAddress>, 2> addresses{
        {{nodes[i]["address"], node.address}, {nodes[i]["sync_address"], node.sync_address}}};
    for (const auto& [place, address] : addresses) {
      if (!place.exists() || mistakes.reported(place)) continue;
      if (is_unusable(address)) {
        mistakes.add(place, address.to_string() + " cannot be the address of a node");
        continue;
      }
      const auto [owner, added] = owners.try_emplace(address, i);
      if (!added && owner->second != i) {
        mistakes.add(place, "two nodes with the address " + address.to_string());
      }
    }
  }
}

void check_families(const ClusterConfig& cluster, const Place& nodes, Diagnostics& mistakes) {
  if (cluster.nodes.size() != 2) return;
  for (const std::string_view key : {"address", "sync_address"}) {
    const Place place = nodes[1][key];
    const bool known = place.exists() && nodes[0][key].exists() && !mistakes.reported(place) &&
                       !mistakes.reported(nodes[0][key]);
    const bool lan = key == "address";
    const IpAddress& first = lan ? cluster.nodes[0].address : cluster.nodes[0].sync_address;
    const IpAddress& second = lan ? cluster.nodes[1].address : cluster.nodes[1].sync_address;
    if (known && first.is_v4() != second.is_v4()) {
      mistakes.add(place, "the nodes must have addresses of the same family here");
    }
  }
}

void check_witnesses(const ClusterConfig& cluster, const Place& witnesses, Diagnostics& mistakes) {
  for (std::size_t i = 0; i < cluster.witnesses.size(); ++i) {
    const Endpoint& witness = cluster.witnesses[i];
    if (mistakes.reported(witnesses[i])) continue;
    for (const NodeConfig& node : cluster.nodes) {
      if (witness.address != node.address && witness.address != node.sync_address) continue;
      mistakes.add(witnesses[i],
                   fmt::format("{} is the node {} itself and proves nothing", witness.address.to_string(),
                               node.name),
                   "use the default gateway, for example");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (cluster.witnesses[j].address != witness.address) continue;
      mistakes.add(witnesses[i], witness.address.to_string() + " is listed twice");
      break;
    }
  }
}

}  // namespace

void validate_cluster(const Config& config, const Place& root, Diagnostics& mistakes) {
  if (!config.cluster) return;
  const ClusterConfig& cluster = *config.cluster;
  const Place place = root["cluster"];
  const Place nodes = place["nodes"];
  if (nodes.exists() && !mistakes.reported(nodes) && cluster.nodes.size() != 2) {
    mistakes.add(nodes, fmt::format("a cluster has exactly 2 nodes, not {}", cluster.nodes.size()));
  }
  check_node_addresses(cluster, nodes, mistakes);
  check_families(cluster, nodes, mistakes);
  check_witnesses(cluster, place["witnesses"], mistakes);
}

}  // namespace tandem::config
