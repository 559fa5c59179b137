#include <unistd.h>

#include <filesystem>

#include "support.hpp"

using namespace tandem;
using namespace tandem::config;

namespace {

const std::string example_dir = TANDEM_EXAMPLE_DIR;

}  // namespace

TEST_CASE("the full example has no mistakes, and lists exactly what is not built yet") {
  const LoadOutcome outcome = load_file(example_dir + "/tandem.json");
  CHECK(short_form(outcome.diagnostics) == "");
  CHECK_FALSE(outcome.usable());
  CHECK(short_form(outcome.unsupported) ==
        "36:36: listeners[1].protocol: not supported yet: https listeners\n"
        "36:90: listeners[1].certificates: not supported yet: certificates\n"
        "36:109: listeners[1].http2: not supported yet: HTTP/2\n"
        "49:36: listeners[3].protocol: not supported yet: udp listeners\n"
        "60:28: target_groups[0].outlier_detection: not supported yet: outlier detection\n"
        "63:21: target_groups[0].slow_start: not supported yet: slow start\n"
        "67:94: target_groups[4].proxy_protocol: not supported yet: the PROXY protocol to "
        "backends\n"
        "70:35: target_groups[5].protocol: not supported yet: udp backends\n"
        "70:55: target_groups[5].algorithm: not supported yet: the algorithm consistent_hash\n"
        "70:118: target_groups[5].forwarding: not supported yet: forwarding by the kernel (dsr)");
}

TEST_CASE("the example of a pair can be used as it is") {
  const LoadOutcome outcome = load_file(example_dir + "/pair.json");
  CHECK(short_form(outcome.diagnostics) == "");
  CHECK(short_form(outcome.unsupported) == "");
  REQUIRE(outcome.usable());
  const Config& config = outcome.config;

  REQUIRE(config.cluster);
  CHECK(config.cluster->nodes[1].sync_address.to_string() == "198.51.100.2");
  REQUIRE(config.virtual_addresses.size() == 2);
  CHECK(config.virtual_addresses[0].addresses[0].to_string() == "192.0.2.100/24");
  CHECK(config.virtual_addresses[0].preempt_delay == seconds(5));

  REQUIRE(config.listeners.size() == 2);
  const ListenerConfig& web = config.listeners[0];
  CHECK_FALSE(web.address);
  CHECK(web.request_headers.remove == std::vector<std::string>{"X-Internal", "X-Debug"});
  REQUIRE(web.rules.size() == 3);
  REQUIRE(web.rules[0].redirect);
  CHECK(web.rules[0].redirect->status == 308);
  CHECK(web.rules[0].redirect->host == "shop.example.com");
  CHECK(web.rules[1].conditions[0].kind == ConditionConfig::Kind::header);
  CHECK(web.rules[1].conditions[0].name == "X-Canary");
  CHECK(web.rules[1].target_groups == std::vector<WeightedTargetGroup>{{"shop-next", 1}});
  CHECK(web.rules[2].target_groups ==
        std::vector<WeightedTargetGroup>{{"api", 95}, {"api-next", 5}});

  const TargetGroupConfig& shop = config.target_groups[0];
  CHECK(shop.backends[2].max_connections == 500);
  CHECK(shop.sticky->name == "SHOP");
  CHECK(shop.drain_timeout == minutes(1));
  CHECK(config.target_groups[2].health_check.expect_status ==
        std::vector<StatusRange>{{200, 200}, {204, 204}});
  CHECK(config.target_groups[4].sticky->type == StickyConfig::Type::source);
  CHECK(config.limits.head_bytes == 32 * 1024);
  CHECK(config.timeouts.connect == seconds(2));
  CHECK(config.admin.metrics_address->to_string() == "127.0.0.1:9101");
  CHECK(config.log.access_log == "/var/log/tandem/access.log");
}

TEST_CASE("the same text loads to an equal configuration") {
  const std::string text = read_example("pair.json");
  CHECK(load(text, "a").config == load(text, "b").config);
}

TEST_CASE("rules come sorted by priority, whatever their order in the file") {
  const Config config = load_valid(R"({ "version": 1,
    "listeners": [ { "name": "l", "port": 80, "default_target_group": "g", "rules": [
      { "name": "late", "priority": 20, "target_group": "g" },
      { "name": "early", "priority": 3, "target_group": "g" } ] } ],
    "target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:1" } ] } ] })");
  REQUIRE(config.listeners[0].rules.size() == 2);
  CHECK(config.listeners[0].rules[0].name == "early");
  CHECK(config.listeners[0].rules[1].name == "late");
}

TEST_CASE("diagnostics read as file:line:col: path: message (hint)") {
  CHECK(Diagnostic{"f.json", 3, 7, "a.b", "is wrong", "try c"}.to_string() ==
        "f.json:3:7: a.b: is wrong (try c)");
  CHECK(Diagnostic{"f.json", 3, 7, "", "is wrong", ""}.to_string() == "f.json:3:7: is wrong");
}

TEST_CASE("a file that cannot be read is one diagnostic") {
  LoadOutcome outcome = load_file("/nonexistent/tandem.json");
  REQUIRE(outcome.diagnostics.size() == 1);
  CHECK(outcome.diagnostics[0].to_string() ==
        "/nonexistent/tandem.json:1:1: cannot open the file: No such file or directory");
  outcome = load_file("/");
  REQUIRE(outcome.diagnostics.size() == 1);
  CHECK(outcome.diagnostics[0].to_string() == "/:1:1: cannot read the file: Is a directory");
}

TEST_CASE("a file larger than 16 MiB is refused without being parsed") {
  const auto path =
      std::filesystem::temp_directory_path() / ("tandem-config-test-" + std::to_string(::getpid()));
  std::ofstream(path).close();
  std::filesystem::resize_file(path, 17 * 1024 * 1024);
  const LoadOutcome outcome = load_file(path.string());
  std::filesystem::remove(path);
  REQUIRE(outcome.diagnostics.size() == 1);
  CHECK(outcome.diagnostics[0].message == "larger than 16 MiB");
}
