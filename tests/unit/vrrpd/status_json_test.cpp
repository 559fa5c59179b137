// What of a node's status stands in its JSON.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "vrrpd/io/node_status.hpp"

namespace tandem::vrrp {
namespace {

nlohmann::json address_json(const InstanceStatus& status) {
  InstanceConfig config;
  config.virtual_address.name = "vip-a";
  NodeStatus node;
  node.virtual_addresses.emplace_back(config, status);
  return nlohmann::json::parse(status_json(node)).at("virtual_addresses").at(0);
}

TEST_CASE("status: the timers, to the microsecond, and when one is due") {
  InstanceStatus status;
  status.timers = {.active_adver_interval = std::chrono::milliseconds(100),
                   .skew_time = std::chrono::microseconds(1562),
                   .active_down_interval = std::chrono::microseconds(301'562),
                   .due = std::chrono::microseconds(266'400)};
  const auto timers = address_json(status).at("timers");
  CHECK(timers.at("active_adver_interval_ms") == 100);
  CHECK(timers.at("skew_time_ms") == 1.562);
  CHECK(timers.at("active_down_interval_ms") == 301.562);
  CHECK(timers.at("due_ms") == 266.4);
}

TEST_CASE("status: a state machine that waits for nothing is due never") {
  CHECK(address_json({}).at("timers").at("due_ms").is_null());
}

}  // namespace
}  // namespace tandem::vrrp
