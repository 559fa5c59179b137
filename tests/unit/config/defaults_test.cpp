// The defaults that the documentation promises to someone who sets nothing.
#include "support.hpp"

using namespace tandem;
using namespace tandem::config;

TEST_CASE("defaults: global") {
  const Config config = load_valid(R"({ "version": 1 })");
  CHECK(config.workers == 0);
  CHECK(config.engine == Engine::automatic);
  CHECK_FALSE(config.cluster);
  CHECK(config.timeouts.connect == seconds(5));
  CHECK(config.timeouts.request_head == seconds(10));
  CHECK(config.timeouts.body_idle == seconds(30));
  CHECK(config.timeouts.keep_alive == seconds(60));
  CHECK(config.timeouts.backend_first_byte == seconds(60));
  CHECK(config.timeouts.tunnel_idle == hours(1));
  CHECK(config.timeouts.tcp_idle == hours(1));
  CHECK(config.timeouts.drain == seconds(30));
  CHECK(config.limits.head_bytes == 64 * 1024);
  CHECK(config.limits.header_fields == 100);
  CHECK(config.limits.min_body_rate == 500);
  CHECK(config.limits.retries == 2);
  CHECK(config.limits.retry_budget_percent == 20);
  CHECK_FALSE(config.admin.metrics_address);
  CHECK(config.log.access_log == "");
  CHECK(load(R"({ "version": 1 })", "t").usable());
}

TEST_CASE("defaults: target group") {
  const Config config = load_valid(R"({ "version": 1, "target_groups": [
    { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ] } ] })");
  const TargetGroupConfig& group = config.target_groups.at(0);
  CHECK(group.protocol == BackendProtocol::http);
  CHECK(group.algorithm == Algorithm::p2c);
  CHECK(group.forwarding == Forwarding::proxy);
  CHECK(group.drain_timeout == seconds(30));
  CHECK(group.slow_start == seconds(0));
  CHECK_FALSE(group.sticky);
  CHECK_FALSE(group.outlier_detection);
  CHECK(group.backends[0].weight == 1);
  CHECK(group.backends[0].max_connections == 0);
  CHECK(group.health_check.type == HealthCheckConfig::Type::tcp);
  CHECK(group.health_check.interval == seconds(2));
  CHECK(group.health_check.transition_interval == milliseconds(500));
  CHECK(group.health_check.timeout == seconds(1));
  CHECK(group.health_check.unhealthy_threshold == 3);
  CHECK(group.health_check.healthy_threshold == 2);
  CHECK(group.health_check.expect_status == std::vector<StatusRange>{{200, 299}});
}

TEST_CASE("defaults: cluster and virtual addresses") {
  const Config config = load_valid(R"({ "version": 1,
    "cluster": { "name": "c", "nodes": [
      { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
      { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ] },
    "virtual_addresses": [ { "name": "v", "addresses": ["192.0.2.100/24"], "interface": "eth0",
      "vrid": 1, "preferred_node": "n1" } ] })");
  CHECK(config.cluster->sync.port == 5405);
  CHECK(config.cluster->sync.key_file == "/etc/tandem/cluster.key");
  const VirtualAddressConfig& address = config.virtual_addresses.at(0);
  CHECK(address.advert_interval == milliseconds(100));
  CHECK(address.preempt);
  CHECK(address.preempt_delay == seconds(0));
  CHECK_FALSE(address.unicast);
}

TEST_CASE("defaults: listener") {
  const Config config = load_valid(R"({ "version": 1,
    "listeners": [ { "name": "l", "port": 80, "default_target_group": "g" } ],
    "target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:1" } ] } ] })");
  const ListenerConfig& listener = config.listeners.at(0);
  CHECK(listener.protocol == ListenerProtocol::http);
  CHECK_FALSE(listener.address);
  CHECK_FALSE(listener.http2);
  CHECK(listener.trusted_proxies.empty());
  CHECK(listener.request_headers.empty());
}

TEST_CASE("a shorter health check interval shortens the defaults that must fit into it") {
  const Config config = load_valid(R"({ "version": 1, "target_groups": [
    { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ],
      "health_check": { "interval": "200ms" } } ] })");
  CHECK(config.target_groups[0].health_check.timeout == milliseconds(200));
  CHECK(config.target_groups[0].health_check.transition_interval == milliseconds(200));
}
