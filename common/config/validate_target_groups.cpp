#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "common/config/names.hpp"
#include "common/config/units.hpp"
#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

void check_backends(const TargetGroupConfig& group, const Place& backends, Diagnostics& mistakes) {
  index_names("backend", group.backends, backends, mistakes);
  std::map<Endpoint, Place> seen;
  for (std::size_t i = 0; i < group.backends.size(); ++i) {
    const Endpoint& endpoint = group.backends[i].address;
    const Place place = backends[i]["address"];
    if (!place.exists() || mistakes.reported(place)) continue;
    if (endpoint.address.is_any() || endpoint.address.is_multicast()) {
      mistakes.add(place, endpoint.to_string() + " is not the address of a backend");
      continue;
    }
    const auto [first, added] = seen.try_emplace(endpoint, place);
    if (!added) {
      mistakes.add(place, fmt::format("duplicate backend address {}", endpoint.to_string()),
                   fmt::format("first at line {}", first->second.position().line));
    }
  }
}

void check_health_check(const HealthCheckConfig& check, const Place& place, Diagnostics& mistakes) {
  const Place timeout = place["timeout"];
  if (check.timeout > check.interval && !mistakes.reported(timeout)) {
    mistakes.add(timeout,
                 fmt::format("the timeout {} is longer than the interval {}",
                             format_duration(check.timeout), format_duration(check.interval)));
  }
  const Place transition = place["transition_interval"];
  if (check.transition_interval > check.interval && !mistakes.reported(transition)) {
    mistakes.add(
        transition,
        fmt::format("the transition interval {} is longer than the interval {}",
                    format_duration(check.transition_interval), format_duration(check.interval)));
  }
}

void check_combinations(const TargetGroupConfig& group, const Place& place, Diagnostics& mistakes) {
  const bool http =
      group.protocol == BackendProtocol::http || group.protocol == BackendProtocol::https;
  const bool udp = group.protocol == BackendProtocol::udp;
  const bool protocol_known = !mistakes.reported(place["protocol"]);
  const bool hashes =
      group.algorithm == Algorithm::consistent_hash || group.algorithm == Algorithm::maglev;
  if (protocol_known && !http && group.sticky && group.sticky->type == StickyConfig::Type::cookie &&
      !mistakes.reported(place["sticky"]["type"])) {
    mistakes.add(place["sticky"],
                 fmt::format("a {} target group has no cookies", name_of(group.protocol)),
                 "use \"type\": \"source\"");
  }
  if (!group.hash_key.empty() && !hashes && !mistakes.reported(place["algorithm"])) {
    mistakes.add(place["hash_key"],
                 fmt::format("the algorithm {} does not hash", name_of(group.algorithm)),
                 "hash_key belongs to consistent_hash and maglev");
  }
  if (protocol_known && group.forwarding != Forwarding::proxy &&
      group.protocol != BackendProtocol::tcp && !udp) {
    mistakes.add(place["forwarding"],
                 fmt::format("the kernel forwards tcp and udp, not {}", name_of(group.protocol)));
  }
  if (group.forwarding != Forwarding::proxy && group.proxy_protocol != ProxyProtocol::none) {
    mistakes.add(place["proxy_protocol"],
                 "packets that the kernel forwards cannot carry a proxy header",
                 "backends see the client's address anyway");
  }
  if (protocol_known && udp && group.proxy_protocol == ProxyProtocol::v1) {
    mistakes.add(place["proxy_protocol"], "v1 exists only for tcp", "use \"v2\"");
  }
}

}  // namespace

void validate_target_groups(const Config& config, const Place& root, Diagnostics& mistakes) {
  const Place section = root["target_groups"];
  for (std::size_t i = 0; i < config.target_groups.size(); ++i) {
    const TargetGroupConfig& group = config.target_groups[i];
    const Place place = section[i];
    check_backends(group, place["backends"], mistakes);
    check_health_check(group.health_check, place["health_check"], mistakes);
    check_combinations(group, place, mistakes);
  }
}

}  // namespace tandem::config
