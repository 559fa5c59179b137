// Small configurations for the tests of the control thread.
#pragma once

#include <string>
#include <vector>

#include "common/config/model.hpp"

namespace tandem::lbd::test {

inline config::BackendConfig backend(const std::string& name, const std::string& endpoint, std::uint32_t weight = 1) {
  config::BackendConfig result;
  result.name = name;
  result.address = *Endpoint::parse(endpoint);
  result.weight = weight;
  return result;
}

inline config::TargetGroupConfig group(const std::string& name, std::vector<config::BackendConfig> backends) {
  config::TargetGroupConfig result;
  result.name = name;
  result.backends = std::move(backends);
  return result;
}

inline config::ListenerConfig listener(const std::string& name, std::uint16_t port, const std::string& group) {
  config::ListenerConfig result;
  result.name = name;
  result.address = IpAddress::v4({127, 0, 0, 1});
  result.port = port;
  result.default_target_group = group;
  return result;
}

/// Listener "web" on 127.0.0.1:8080 for group "shop" with s1 and s2.
inline config::Config shop() {
  config::Config result;
  result.listeners = {listener("web", 8080, "shop")};
  result.target_groups = {group("shop", {backend("s1", "192.0.2.1:80"), backend("s2", "192.0.2.2:80", 3)})};
  return result;
}

inline TimePoint at(Duration since_start) { return TimePoint(std::chrono::hours(1) + since_start); }

}  // namespace tandem::lbd::test
