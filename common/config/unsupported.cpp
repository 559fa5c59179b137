#include "common/config/unsupported.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {
namespace {

template <class Entity>
struct Feature {
  std::string_view key;  // where it is switched on
  std::string_view what;
  bool (*used)(const Entity&);
};

using Listener = ListenerConfig;
using Group = TargetGroupConfig;

// When a feature is built, its line goes away; nothing else has to change.

constexpr Feature<Listener> listener_features[] = {
    {"protocol", "https listeners",
     [](const Listener& l) { return l.protocol == ListenerProtocol::https; }},
    {"protocol", "tls listeners",
     [](const Listener& l) { return l.protocol == ListenerProtocol::tls; }},
    {"protocol", "udp listeners",
     [](const Listener& l) { return l.protocol == ListenerProtocol::udp; }},
    {"certificates", "certificates", [](const Listener& l) { return !l.certificates.empty(); }},
    {"http2", "HTTP/2", [](const Listener& l) { return l.http2; }},
};

constexpr Feature<Group> target_group_features[] = {
    {"protocol", "https backends",
     [](const Group& g) { return g.protocol == BackendProtocol::https; }},
    {"protocol", "tls backends", [](const Group& g) { return g.protocol == BackendProtocol::tls; }},
    {"protocol", "udp backends", [](const Group& g) { return g.protocol == BackendProtocol::udp; }},
    {"algorithm", "the algorithm consistent_hash",
     [](const Group& g) { return g.algorithm == Algorithm::consistent_hash; }},
    {"algorithm", "the algorithm maglev",
     [](const Group& g) { return g.algorithm == Algorithm::maglev; }},
    {"algorithm", "the algorithm peak_ewma",
     [](const Group& g) { return g.algorithm == Algorithm::peak_ewma; }},
    {"forwarding", "forwarding by the kernel (nat)",
     [](const Group& g) { return g.forwarding == Forwarding::nat; }},
    {"forwarding", "forwarding by the kernel (dsr)",
     [](const Group& g) { return g.forwarding == Forwarding::dsr; }},
    {"proxy_protocol", "the PROXY protocol to backends",
     [](const Group& g) { return g.proxy_protocol != ProxyProtocol::none; }},
    {"outlier_detection", "outlier detection",
     [](const Group& g) { return g.outlier_detection.has_value(); }},
    {"slow_start", "slow start", [](const Group& g) { return g.slow_start > Duration::zero(); }},
};

constexpr Feature<HealthCheckConfig> health_check_features[] = {
    {"type", "health checks of type tls",
     [](const HealthCheckConfig& h) { return h.type == HealthCheckConfig::Type::tls; }},
    {"type", "health checks of type grpc",
     [](const HealthCheckConfig& h) { return h.type == HealthCheckConfig::Type::grpc; }},
};

template <class Entity, std::size_t count>
void find(const Feature<Entity> (&features)[count], const Entity& entity, const Place& place,
          Diagnostics& unsupported) {
  for (const Feature<Entity>& feature : features) {
    if (!feature.used(entity)) continue;
    unsupported.add(place[feature.key],
                    "not supported yet: " + std::string(feature.what));
  }
}

}  // namespace

void find_unsupported(const Config& config, const Place& root, Diagnostics& unsupported) {
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    find(listener_features, config.listeners[i], root["listeners"][i], unsupported);
  }
  for (std::size_t i = 0; i < config.target_groups.size(); ++i) {
    const Group& group = config.target_groups[i];
    const Place place = root["target_groups"][i];
    find(target_group_features, group, place, unsupported);
    find(health_check_features, group.health_check, place["health_check"], unsupported);
  }
}

}  // namespace tandem::config
