#include "vrrpd/io/settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/config/limits.hpp"
#include "common/crypto/crypto.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

// What the configuration allows fits (config::load says where it does not).
static_assert(config::max_virtual_addresses < HeldBoard::slots);
static_assert(config::max_addresses_per_vrid <= max_addresses);

bool any_authenticated(const config::Config& config) {
  return std::any_of(config.virtual_addresses.begin(), config.virtual_addresses.end(),
                     [](const auto& virtual_address) { return virtual_address.authentication; });
}

// nullopt where no virtual address needs any.
Result<std::optional<AdvertKeys>> keys_for(const config::Config& config, const std::string& self,
                                           const std::string& peer) {
  if (!any_authenticated(config)) return std::optional<AdvertKeys>();
  const auto cluster_key = crypto::load_cluster_key(config.cluster->sync.key_file);
  if (!cluster_key) return cluster_key.error();
  if (!cluster_key->warning.empty()) log::warning("{}", cluster_key->warning);
  auto keys = advert_keys(cluster_key->key, self, peer);
  if (!keys) return keys.error();
  return std::optional(*keys);
}

std::vector<config::VirtualAddressConfig> group_of(const config::Config& config,
                                                   const config::VirtualAddressConfig& member) {
  std::vector<config::VirtualAddressConfig> out;
  if (member.sync_group.empty()) return out;
  for (const auto& other : config.virtual_addresses) {
    if (other.sync_group == member.sync_group) out.push_back(other);
  }
  return out;
}

// What several members track counts once; of different weights, the one that says the most: none is a fault.
void add_track(std::vector<config::TrackConfig>& all, const config::TrackConfig& one) {
  const auto known = std::find_if(all.begin(), all.end(), [&one](config::TrackConfig other) {
    other.weight = one.weight;
    return other == one;
  });
  if (known == all.end()) return all.push_back(one);
  known->weight = known->weight == 0 || one.weight == 0 ? std::uint8_t{0} : std::max(known->weight, one.weight);
}

std::vector<config::TrackConfig> track_of(const config::VirtualAddressConfig& virtual_address,
                                          const std::vector<config::VirtualAddressConfig>& group) {
  if (group.empty()) return virtual_address.track;
  std::vector<config::TrackConfig> all;
  for (const auto& member : group) {
    for (const auto& one : member.track) add_track(all, one);
  }
  return all;
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
  const auto keys = keys_for(config, self->name, peer.name);
  if (!keys) return keys.error();
  std::vector<InstanceConfig> out;
  for (const auto& virtual_address : config.virtual_addresses) {
    auto group = group_of(config, virtual_address);
    auto track = track_of(virtual_address, group);
    out.push_back({.virtual_address = virtual_address, .self = *self, .peer = peer,
                   .addresses = arrange(virtual_address.addresses, virtual_address.vrid),
                   .keys = virtual_address.authentication ? *keys : std::nullopt,
                   .track = std::move(track), .group = std::move(group)});
  }
  return out;
}

VotingConfig voting_for(const config::Config& config, const std::string& node) {
  const config::ClusterConfig& cluster = *config.cluster;
  VotingConfig out;
  out.self = node;
  out.peer = cluster.nodes[cluster.nodes[0].name == node ? 1 : 0].name;
  out.witnesses = cluster.witnesses;
  out.policy = cluster.split_policy == config::SplitPolicy::preferred ? SplitPolicy::preferred : SplitPolicy::availability;
  // A node that dies is believed to be dead by its heartbeat when it is by its adverts: as often as the fastest ones.
  for (const auto& virtual_address : config.virtual_addresses) {
    out.period = std::min(out.period, virtual_address.advert_interval);
  }
  return out;
}

Reloaded load_again(const std::string& file, const std::string& node) {
  config::LoadOutcome loaded = config::load_file(file);
  Reloaded out;
  out.diagnostics = std::move(loaded.diagnostics);
  out.diagnostics.insert(out.diagnostics.end(), loaded.unsupported.begin(), loaded.unsupported.end());
  if (!out.diagnostics.empty()) return out;
  auto settings = settings_for(loaded.config, node);
  if (!settings) {
    out.diagnostics.push_back({.file = file, .path = {}, .message = settings.error().message, .hint = {}});
    return out;
  }
  out.settings = std::move(*settings);
  out.voting = voting_for(loaded.config, node);
  return out;
}

bool has_hooks(const std::vector<InstanceConfig>& settings) {
  return std::any_of(settings.begin(), settings.end(), [](const auto& one) { return !one.virtual_address.hook.empty(); });
}

std::vector<config::TrackConfig> tracked_in(const std::vector<InstanceConfig>& settings) {
  std::vector<config::TrackConfig> out;
  for (const InstanceConfig& one : settings) out.insert(out.end(), one.track.begin(), one.track.end());
  return out;
}

}  // namespace tandem::vrrp
