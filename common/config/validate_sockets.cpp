#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

/// A local address that a daemon of the node binds to.
struct Socket {
  std::string owner;                 // "the listener \"web\""
  std::optional<IpAddress> address;  // nullopt: all, both families
  std::uint16_t port;
  bool udp;
  Place place;
};

bool collide(const Socket& a, const Socket& b) {
  if (a.udp != b.udp || a.port != b.port) return false;
  if (!a.address || !b.address) return true;
  if (a.address->is_v4() != b.address->is_v4()) return false;
  return *a.address == *b.address || a.address->is_any() || b.address->is_any();
}

std::vector<Socket> sockets_of(const Config& config, const Place& root,
                               const Diagnostics& mistakes) {
  std::vector<Socket> sockets;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const ListenerConfig& listener = config.listeners[i];
    const Place place = root["listeners"][i];
    const bool known = listener.port != 0 && !mistakes.reported(place["address"]) &&
                       !mistakes.reported(place["protocol"]);
    if (!known) continue;
    sockets.push_back({"the listener " + quote(listener.name), listener.address, listener.port,
                       listener.protocol == ListenerProtocol::udp, place["port"]});
  }
  if (config.admin.metrics_address && config.admin.metrics_address->port != 0) {
    const Endpoint& metrics = *config.admin.metrics_address;
    sockets.push_back({"admin.metrics_address", metrics.address, metrics.port, false,
                       root["admin"]["metrics_address"]});
  }
  return sockets;
}

/// syncd accepts its peer on both addresses of a node, so no TCP socket of lbd may be there.
void check_sync_port(const Socket& socket, const ClusterConfig& cluster, Diagnostics& mistakes) {
  for (const NodeConfig& node : cluster.nodes) {
    for (const IpAddress& address : {node.address, node.sync_address}) {
      const Socket sync{"", address, cluster.sync.port, false, socket.place};
      if (!collide(socket, sync)) continue;
      mistakes.add(socket.place, fmt::format("port {} is the port of cluster.sync", socket.port),
                   "syncd listens there");
      return;
    }
  }
}

}  // namespace

void validate_sockets(const Config& config, const Place& root, Diagnostics& mistakes) {
  std::map<std::uint16_t, std::vector<Socket>> by_port;
  for (const Socket& socket : sockets_of(config, root, mistakes)) {
    if (config.cluster) check_sync_port(socket, *config.cluster, mistakes);
    std::vector<Socket>& others = by_port[socket.port];
    for (const Socket& other : others) {
      if (!collide(socket, other)) continue;
      mistakes.add(socket.place, fmt::format("{} has this address and port already", other.owner),
                   fmt::format("at line {}", other.place.position().line));
      break;
    }
    others.push_back(socket);
  }
}

}  // namespace tandem::config
