#include "lbd/control/readiness.hpp"
#include "lbd/control/reload_plan.hpp"

#include <doctest/doctest.h>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;

TEST_CASE("ready means: workers, health, state, and not leaving") {
  for (int bits = 0; bits < 16; ++bits) {
    const ReadinessInputs inputs{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    const Readiness readiness = evaluate(inputs);
    CAPTURE(bits);
    CHECK(readiness.ready == (bits == 7));
    CHECK(readiness.reason.empty() == readiness.ready);
    if (inputs.draining) CHECK(readiness.reason == "draining");
  }
}

TEST_CASE("readiness as a line of the stream") {
  CHECK(readiness_json({true, ""}, std::chrono::milliseconds(100)) ==
        R"({"heartbeat_ms":100,"ready":true,"reason":""})");
  CHECK(readiness_json({false, "draining"}, std::chrono::milliseconds(50)) ==
        R"({"heartbeat_ms":50,"ready":false,"reason":"draining"})");
}

namespace {

config::Config pair_config() {
  auto config = test::shop();
  config.cluster.emplace();
  config.cluster->name = "edge";
  config.cluster->nodes = {{"lb1", IpAddress::v4({192, 0, 2, 11}), IpAddress::v4({198, 51, 100, 1})},
                           {"lb2", IpAddress::v4({192, 0, 2, 12}), IpAddress::v4({198, 51, 100, 2})}};
  return config;
}

}  // namespace

TEST_CASE("what a reload may change") {
  const auto running = pair_config();
  auto next = running;
  CHECK(reasons_to_restart(running, next).empty());
  next.listeners[0].port = 81;
  next.target_groups[0].algorithm = config::Algorithm::random;
  next.timeouts.connect = std::chrono::seconds(1);
  next.cluster->witnesses = {Endpoint{IpAddress::v4({192, 0, 2, 1}), 0}};
  next.cluster->sync.port = 5406;
  next.log.access_log = "stdout";
  CHECK(reasons_to_restart(running, next).empty());
}

TEST_CASE("what needs a restart, each with its path") {
  struct Row {
    const char* path;
    void (*change)(config::Config&);
  };
  const Row rows[] = {
      {"workers", [](config::Config& c) { c.workers = 7; }},
      {"cluster", [](config::Config& c) { c.cluster.reset(); }},
      {"cluster.name", [](config::Config& c) { c.cluster->name = "other"; }},
      {"cluster.nodes", [](config::Config& c) { c.cluster->nodes[0].name = "lb3"; }},
      {"cluster.sync.key_file", [](config::Config& c) { c.cluster->sync.key_file = "/etc/other.key"; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const auto running = pair_config();
    auto next = running;
    row.change(next);
    const auto reasons = reasons_to_restart(running, next);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].path == row.path);
    CHECK(reasons[0].message.starts_with("needs a restart: "));
  }
  CHECK(reasons_to_restart(test::shop(), pair_config()).size() == 1);
}
