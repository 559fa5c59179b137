#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {

TimeoutsConfig parse_timeouts(const Place& place, Diagnostics& mistakes) {
  TimeoutsConfig timeouts;
  ObjectReader reader(place, timeouts_object, mistakes);
  reader.read("connect", timeouts.connect);
  reader.read("request_head", timeouts.request_head);
  reader.read("body_idle", timeouts.body_idle);
  reader.read("keep_alive", timeouts.keep_alive);
  reader.read("backend_first_byte", timeouts.backend_first_byte);
  reader.read("tunnel_idle", timeouts.tunnel_idle);
  reader.read("tcp_idle", timeouts.tcp_idle);
  reader.read("drain", timeouts.drain);
  return timeouts;
}

LimitsConfig parse_limits(const Place& place, Diagnostics& mistakes) {
  LimitsConfig limits;
  ObjectReader reader(place, limits_object, mistakes);
  reader.read("max_connections", limits.max_connections);
  reader.read("head_bytes", limits.head_bytes);
  reader.read("header_fields", limits.header_fields);
  reader.read("min_body_rate", limits.min_body_rate);
  reader.read("retries", limits.retries);
  reader.read("retry_budget_percent", limits.retry_budget_percent);
  return limits;
}

AdminConfig parse_admin(const Place& place, Diagnostics& mistakes) {
  AdminConfig admin;
  ObjectReader reader(place, admin_object, mistakes);
  reader.read_optional("metrics_address", admin.metrics_address);
  return admin;
}

LogConfig parse_log(const Place& place, Diagnostics& mistakes) {
  LogConfig log;
  ObjectReader reader(place, log_object, mistakes);
  reader.read("access_log", log.access_log);
  return log;
}

}  // namespace tandem::config
