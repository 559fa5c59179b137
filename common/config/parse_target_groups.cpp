#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "common/config/http_syntax.hpp"
#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {
namespace {

/// Reports keys that have no meaning for the chosen type: they would be silently ignored.
void refuse_keys(const Place& place, std::initializer_list<std::string_view> keys,
                 std::string_view only_for, Diagnostics& mistakes) {
  for (const std::string_view key : keys) {
    const Place value = place[key];
    if (!value.exists()) continue;
    mistakes.add(value, fmt::format("only {} has this", only_for));
  }
}

BackendConfig parse_backend(const Place& place, Diagnostics& mistakes) {
  BackendConfig backend;
  ObjectReader reader(place, backend_object, mistakes);
  reader.read("name", backend.name);
  reader.read("address", backend.address);
  reader.read("weight", backend.weight);
  reader.read("max_connections", backend.max_connections);
  return backend;
}

HealthCheckConfig parse_health_check(const Place& place, Diagnostics& mistakes) {
  HealthCheckConfig check;
  ObjectReader reader(place, health_check_object, mistakes);
  reader.read_choice("type", check.type);
  reader.read("path", check.path);
  reader.read("host", check.host);
  reader.read("expect_status", check.expect_status);
  reader.read("interval", check.interval);
  // A shorter interval takes the defaults of what must fit into it along.
  check.transition_interval = std::min(check.transition_interval, check.interval);
  check.timeout = std::min(check.timeout, check.interval);
  reader.read("transition_interval", check.transition_interval);
  reader.read("timeout", check.timeout);
  reader.read("unhealthy_threshold", check.unhealthy_threshold);
  reader.read("healthy_threshold", check.healthy_threshold);

  if (check.type != HealthCheckConfig::Type::http && !mistakes.reported(place.path_of("type"))) {
    refuse_keys(place, {"path", "host", "expect_status"}, "a health check of type http", mistakes);
  }
  if (!is_path(check.path)) {
    mistakes.add(place["path"], fmt::format("the path {} must begin with / and have no blanks",
                                            quote(check.path)));
  }
  if (!is_field_value(check.host) || check.host.find(' ') != std::string::npos) {
    mistakes.add(place["host"], fmt::format("{} is not a host name", quote(check.host)));
  }
  return check;
}

OutlierDetectionConfig parse_outlier_detection(const Place& place, Diagnostics& mistakes) {
  OutlierDetectionConfig outlier;
  ObjectReader reader(place, outlier_detection_object, mistakes);
  reader.read("consecutive_errors", outlier.consecutive_errors);
  reader.read("base_ejection", outlier.base_ejection);
  reader.read("max_ejected_percent", outlier.max_ejected_percent);
  return outlier;
}

StickyConfig parse_sticky(const Place& place, Diagnostics& mistakes) {
  StickyConfig sticky;
  ObjectReader reader(place, sticky_object, mistakes);
  reader.read_choice("type", sticky.type);
  reader.read("name", sticky.name);
  reader.read("ttl", sticky.ttl);
  reader.read("max_entries", sticky.max_entries);

  if (mistakes.reported(place.path_of("type"))) return sticky;
  if (sticky.type == StickyConfig::Type::source) {
    refuse_keys(place, {"name"}, "stickiness of type cookie", mistakes);
  } else {
    refuse_keys(place, {"max_entries"}, "stickiness of type source", mistakes);
  }
  if (!is_token(sticky.name)) {
    mistakes.add(place["name"], fmt::format("{} is not a valid cookie name", quote(sticky.name)));
  }
  return sticky;
}

}  // namespace

TargetGroupConfig parse_target_group(const Place& place, Diagnostics& mistakes) {
  TargetGroupConfig group;
  ObjectReader reader(place, target_group_object, mistakes);
  reader.read("name", group.name);
  reader.read_choice("protocol", group.protocol);
  reader.read_choice("algorithm", group.algorithm);
  reader.read("hash_key", group.hash_key);
  reader.read_choice("forwarding", group.forwarding);
  reader.read_choice("proxy_protocol", group.proxy_protocol);
  reader.read_objects("backends", group.backends, &parse_backend);
  reader.read_object("health_check", group.health_check, &parse_health_check);
  reader.read_object("outlier_detection", group.outlier_detection, &parse_outlier_detection);
  reader.read_object("sticky", group.sticky, &parse_sticky);
  reader.read("drain_timeout", group.drain_timeout);
  reader.read("slow_start", group.slow_start);
  return group;
}

}  // namespace tandem::config
