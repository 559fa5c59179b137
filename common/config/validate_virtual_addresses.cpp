#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "common/config/limits.hpp"
#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

/// A prefix that names a network. A full-length one is a host address, which fits everywhere.
bool names_network(const Prefix& prefix) {
  return prefix.length < (prefix.address.is_v4() ? 32 : 128);
}

/// The file does not say which prefixes the interface has, but the nodes' own addresses are on
/// the same LAN: a network that holds neither of them is a typing error.
bool outside_lan(const Prefix& prefix, const ClusterConfig& cluster) {
  bool comparable = false;
  for (const NodeConfig& node : cluster.nodes) {
    if (node.address.is_v4() != prefix.address.is_v4()) continue;
    if (node.address.is_any() || prefix.contains(node.address)) return false;
    comparable = true;
  }
  return comparable;
}

/// 192.0.2.0/24 and 192.0.2.255/24: never the address of a host. (/31 has neither, RFC 3021.)
bool is_network_or_broadcast(const Prefix& prefix) {
  if (!prefix.address.is_v4() || prefix.length > 30) return false;
  std::uint32_t address = 0;
  for (const std::uint8_t byte : prefix.address.bytes()) address = address << 8U | byte;
  const std::uint32_t host_bits = 0xffffffffU >> prefix.length;
  return (address & host_bits) == 0 || (address & host_bits) == host_bits;
}

void check_address(const Prefix& prefix, const ClusterConfig& cluster, bool on_lan, const Place& place,
                   Diagnostics& mistakes) {
  const IpAddress& address = prefix.address;
  if (address.is_any() || address.is_multicast() || is_network_or_broadcast(prefix)) {
    return mistakes.add(place, prefix.to_string() + " is not the address of a host");
  }
  for (const NodeConfig& node : cluster.nodes) {
    if (address != node.address && address != node.sync_address) continue;
    return mistakes.add(
        place, fmt::format("{} is the node {}'s own address", address.to_string(), node.name),
        "a floating address must be an additional one");
  }
  for (const Endpoint& witness : cluster.witnesses) {
    if (address != witness.address) continue;
    return mistakes.add(place, address.to_string() + " is a witness of the cluster",
                        "a witness must not move with the nodes");
  }
  if (on_lan && names_network(prefix) && !address.is_v6_link_local() && outside_lan(prefix, cluster)) {
    mistakes.add(
        place, fmt::format("no node has its address in the network of {}", prefix.to_string()),
        fmt::format("{} is at {}; check the address and the prefix length",
                    cluster.nodes.front().name, cluster.nodes.front().address.to_string()));
  }
}

/// The interfaces with an address in the network of a node's own: of the others the file tells no network.
std::set<std::string> lan_interfaces(const Config& config) {
  std::set<std::string> out;
  for (const VirtualAddressConfig& virtual_address : config.virtual_addresses) {
    for (const Prefix& prefix : virtual_address.addresses) {
      if (names_network(prefix) && !outside_lan(prefix, *config.cluster)) out.insert(virtual_address.interface);
    }
  }
  return out;
}

/// What must be different in different virtual addresses, with the place of its first use.
struct Taken {
  std::map<IpAddress, Place> addresses;
  std::map<std::tuple<std::string, bool, std::uint8_t>, Place> routers;  // interface, IPv6, VRID
  std::set<std::string> lan_interfaces;  // for all of them
};

bool is_v6_router(const VirtualAddressConfig& virtual_address) {
  return std::none_of(virtual_address.addresses.begin(), virtual_address.addresses.end(),
                      [](const Prefix& p) { return p.address.is_v4(); });
}

// Of an IPv6 virtual router without a link-local address vrrpd makes one (RFC 9568 section 5.2.9).
void check_number_of_addresses(const VirtualAddressConfig& virtual_address, const Place& place, Diagnostics& mistakes) {
  const auto& addresses = virtual_address.addresses;
  const bool adds_one = is_v6_router(virtual_address) &&
                        std::none_of(addresses.begin(), addresses.end(),
                                     [](const Prefix& p) { return p.address.is_v6_link_local(); });
  const std::size_t most = max_addresses_per_vrid - (adds_one ? 1 : 0);
  if (addresses.size() <= most) return;
  mistakes.add(place["addresses"][most],
               fmt::format("{} addresses; one VRID carries at most {}{}", addresses.size(), most,
                           adds_one ? " beside its link-local one" : ""),
               "give the others a virtual address with a VRID of its own");
}

void check_version(const VirtualAddressConfig& virtual_address, const Place& place, Diagnostics& mistakes) {
  // VRRPv3 counts the interval in hundredths of a second (RFC 9568 section 5.2.7).
  if (virtual_address.advert_interval % milliseconds(10) != Duration::zero()) {
    mistakes.add(place["advert_interval"], "must be a multiple of 10ms");
  }
  if (virtual_address.version != 2) return;
  if (is_v6_router(virtual_address)) {
    mistakes.add(place["version"], "VRRP version 2 has no IPv6", "remove \"version\", or add an IPv4 address");
  }
  if (virtual_address.advert_interval % seconds(1) != Duration::zero()) {
    mistakes.add(place["version"], "VRRP version 2 counts the advert_interval in whole seconds",
                 "say \"advert_interval\": \"1s\", on the other routers too");
  }
}

void check_checksum(const VirtualAddressConfig& virtual_address, const Place& place, Diagnostics& mistakes) {
  if (virtual_address.checksum == ChecksumChoice::automatic) return;
  if (virtual_address.version == 3 && !is_v6_router(virtual_address)) return;
  mistakes.add(place["checksum"], "only VRRP version 3 on IPv4 has two forms of checksum", "remove \"checksum\"");
}

void check_priority(const VirtualAddressConfig& virtual_address, const Place& place, Diagnostics& mistakes) {
  if (virtual_address.priority == 0 || virtual_address.foreign) return;
  mistakes.add(place["priority"], "only beside a \"foreign\" router: own nodes have theirs from \"preferred_node\"",
               "remove \"priority\", or say \"foreign\": true if the other router is not a Tandem node");
}

void check_unicast(const VirtualAddressConfig& virtual_address, const ClusterConfig& cluster, const Place& place,
                   Diagnostics& mistakes) {
  if (!virtual_address.unicast) return;
  const bool v6 = is_v6_router(virtual_address);
  for (const NodeConfig& node : cluster.nodes) {
    if (node.address.is_v6() == v6) continue;
    return mistakes.add(place["unicast"],
                        fmt::format("the adverts of {} addresses need an {} address of node {}", v6 ? "IPv6" : "IPv4",
                                    v6 ? "IPv6" : "IPv4", node.name),
                        "remove \"unicast\", or give the node another \"address\"");
  }
}

void check_authentication(const VirtualAddressConfig& virtual_address, const Place& place, Diagnostics& mistakes) {
  if (!virtual_address.authentication) return;
  if (!virtual_address.foreign && virtual_address.version == 3) return;
  mistakes.add(place["authentication"], virtual_address.foreign ? "a foreign router does not know the cluster key"
                                                                : "VRRP version 2 adverts cannot carry it",
               "remove \"authentication\"");
}

// Programs are started as they stand: without a shell there is no search path and no variables.
void check_program(const std::vector<std::string>& command, const Place& place, Diagnostics& mistakes) {
  if (command.empty() || command.front().empty() || command.front().front() == '/') return;
  if (mistakes.reported(place[0])) return;
  mistakes.add(place[0], quote(command.front()) + " is not a full path", "programs are started without a shell");
}

bool is_network(const Prefix& prefix) {
  const auto bytes = prefix.address.bytes();
  for (std::size_t bit = prefix.length; bit < bytes.size() * 8; ++bit) {
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

void check_track(const TrackConfig& track, const Place& place, Diagnostics& mistakes) {
  check_program(track.script, place["script"], mistakes);
  if (!track.file.empty() && track.file.front() != '/') {
    mistakes.add(place["file"], quote(track.file) + " is not a full path");
  }
  if (track.interface.find_first_of("/ ") != std::string::npos) {
    mistakes.add(place["interface"], quote(track.interface) + " is not an interface name");
  }
  if (track.kind == TrackConfig::Kind::route && !is_network(track.route)) {
    mistakes.add(place["route"], quote(track.route.to_string()) + " has bits set behind its length: no route is called so");
  }
  if (track.timeout > track.interval) {
    mistakes.add(place["timeout"], "is longer than the interval", "the next look would begin before this one ends");
  }
}

void check_virtual_address(const VirtualAddressConfig& virtual_address,
                           const ClusterConfig& cluster, const Place& place, Taken& taken,
                           Diagnostics& mistakes) {
  const Place vrid = place["vrid"];
  if (virtual_address.vrid != 0 && !virtual_address.interface.empty()) {
    const auto [first, added] =
        taken.routers.try_emplace({virtual_address.interface, is_v6_router(virtual_address), virtual_address.vrid}, vrid);
    if (!added) {
      mistakes.add(
          vrid,
          fmt::format("VRID {} is taken on {}", virtual_address.vrid, virtual_address.interface),
          fmt::format("first at line {}", first->second.position().line));
    }
  }
  for (std::size_t i = 0; i < virtual_address.addresses.size(); ++i) {
    const Place address = place["addresses"][i];
    if (mistakes.reported(address)) continue;
    const bool on_lan = taken.lan_interfaces.empty() || taken.lan_interfaces.count(virtual_address.interface) > 0;
    check_address(virtual_address.addresses[i], cluster, on_lan, address, mistakes);
    const auto [first, added] =
        taken.addresses.try_emplace(virtual_address.addresses[i].address, address);
    if (!added) {
      mistakes.add(
          address,
          fmt::format("duplicate address {}", virtual_address.addresses[i].address.to_string()),
          fmt::format("first at line {}", first->second.position().line));
    }
  }
  if (virtual_address.interface.find_first_of("/ ") != std::string::npos) {
    mistakes.add(place["interface"],
                 quote(virtual_address.interface) + " is not an interface name");
  }
  if (!virtual_address.addresses.empty()) {
    check_number_of_addresses(virtual_address, place, mistakes);
    check_version(virtual_address, place, mistakes);
    check_checksum(virtual_address, place, mistakes);
    check_unicast(virtual_address, cluster, place, mistakes);
    check_priority(virtual_address, place, mistakes);
  }
  check_authentication(virtual_address, place, mistakes);
  check_program(virtual_address.hook, place["hook"], mistakes);
  for (std::size_t i = 0; i < virtual_address.track.size(); ++i) {
    check_track(virtual_address.track[i], place["track"][i], mistakes);
  }
}

}  // namespace

void validate_virtual_addresses(const Config& config, const NameIndex& nodes, const Place& root,
                                Diagnostics& mistakes) {
  const Place section = root["virtual_addresses"];
  index_names("virtual address", config.virtual_addresses, section, mistakes);
  if (!config.cluster) {
    if (!config.virtual_addresses.empty() && !mistakes.reported(root["cluster"])) {
      mistakes.add(section, "virtual addresses need a \"cluster\"",
                   "floating addresses float between the nodes of a cluster");
    }
    return;
  }
  if (config.virtual_addresses.size() > max_virtual_addresses) {
    mistakes.add(section[max_virtual_addresses],
                 fmt::format("{} virtual addresses; vrrpd carries at most {}", config.virtual_addresses.size(), max_virtual_addresses),
                 fmt::format("one of them may have up to {} \"addresses\"", max_addresses_per_vrid));
  }
  Taken taken{.addresses = {}, .routers = {}, .lan_interfaces = lan_interfaces(config)};
  for (std::size_t i = 0; i < config.virtual_addresses.size(); ++i) {
    const VirtualAddressConfig& virtual_address = config.virtual_addresses[i];
    check_virtual_address(virtual_address, *config.cluster, section[i], taken, mistakes);
    nodes.resolve(virtual_address.preferred_node, section[i]["preferred_node"], mistakes);
  }
}

}  // namespace tandem::config
