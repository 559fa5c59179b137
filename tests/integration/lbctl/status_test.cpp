#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/integration/lbctl/pair.hpp"
#include "tests/unit/lbctl/samples.hpp"

using namespace tandem::ctl::testing;
using Json = nlohmann::ordered_json;

TEST_CASE("status of a healthy node") {
  Node node;
  for (const char* name : {"lbd", "vrrpd", "syncd"}) node.start(name);
  const Run text = node.lbctl({"status"});
  CHECK(text.exit_code == 0);
  CHECK(text.err.empty());
  CHECK(text.out.find("node lb1\n") == 0);
  CHECK(text.out.find("shop/s2") != std::string::npos);
  CHECK(text.out.find("no problems\n") != std::string::npos);
  CHECK(text.out.find('\x1b') == std::string::npos);

  const Run run = node.lbctl({"status", "--json"});
  CHECK(run.exit_code == 0);
  const Json json = Json::parse(run.out);
  CHECK(json["node"] == "lb1");
  CHECK(json["lbd"] == Json::parse(lbd_status));
  CHECK(json["vrrpd"] == Json::parse(vrrpd_status));
  CHECK(json["syncd"] == Json::parse(syncd_status));
  CHECK(json["virtual_addresses"] == json["vrrpd"]["virtual_addresses"]);
  CHECK(json["problems"].empty());
}

TEST_CASE("status works with some daemons down, and says which and what to do") {
  Node node;
  node.start("vrrpd");
  const Run run = node.lbctl({"status", "--json"});
  CHECK(run.exit_code == 1);
  const Json json = Json::parse(run.out);
  CHECK(json["lbd"].is_null());
  CHECK(json["syncd"].is_null());
  CHECK(json["virtual_addresses"].size() == 2);
  REQUIRE(json["problems"].size() == 2);
  const std::string problem = json["problems"][0];
  CHECK(problem ==
        "lbd is not running: nothing listens on " + node.socket("lbd") + " (start it, or check --run-dir)");
  CHECK(node.lbctl({"status"}).out.find("problems:\n  lbd is not running") != std::string::npos);
}

TEST_CASE("status with no daemon at all is exit code 3") {
  const Node node;
  const Run run = node.lbctl({"status", "--json"});
  CHECK(run.exit_code == 3);
  const Json json = Json::parse(run.out);
  CHECK(json["node"].is_null());
  CHECK(json["problems"].size() == 3);
}

TEST_CASE("a node without a cluster misses neither vrrpd nor syncd") {
  Node node;
  FakeDaemon& lbd = node.start("lbd");
  const std::string file = node.directory.file("alone.json");
  std::ofstream(file) << R"({"version": 1, "listeners": [
    {"name": "web", "protocol": "http", "address": "*", "port": 80, "default_target_group": "shop"}],
    "target_groups": [{"name": "shop", "protocol": "http", "backends": [{"name": "s1", "address": "192.0.2.1:80"}]}]})";
  node.on_thread([&] {
    Json status = Json::parse(lbd_status);
    status["config"]["file"] = file;
    status["sync"]["connected"] = false;
    lbd.status = status.dump();
  });
  const Run run = node.lbctl({"status"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("not used") != std::string::npos);
}

TEST_CASE("a daemon that answers nonsense is a problem, not the end of status") {
  Node node;
  FakeDaemon& lbd = node.start("lbd");
  node.start("vrrpd");
  node.start("syncd");
  for (const char* body : {"", "[]", "{\"node\": 7, \"target_groups\": {}}", "\xff"}) {
    CAPTURE(body);
    node.on_thread([&] { lbd.status = body; });
    const Run run = node.lbctl({"status"});
    CHECK(run.exit_code == 1);
    CHECK(run.out.find("problems:\n") != std::string::npos);
    CHECK(run.out.find("vip-a") != std::string::npos);
  }
}

TEST_CASE("sync, vrrp and metrics show their daemon, in both forms") {
  Node node;
  for (const char* name : {"lbd", "vrrpd", "syncd"}) node.start(name);
  CHECK(node.lbctl({"sync"}).out.find("TABLE   ENTRIES  TOMBSTONES\n") != std::string::npos);
  CHECK(Json::parse(node.lbctl({"sync", "--json"}).out) == Json::parse(syncd_status));
  CHECK(node.lbctl({"vrrp"}).out.find("vip-a: active for ") != std::string::npos);
  CHECK(Json::parse(node.lbctl({"--json", "vrrp"}).out) == Json::parse(vrrpd_status));
  CHECK(node.lbctl({"metrics"}).out == "# TYPE up gauge\nup{daemon=\"lbd\"} 1\n");
  const Json metrics = Json::parse(node.lbctl({"metrics", "syncd", "--json"}).out);
  CHECK(metrics["daemon"] == "syncd");
  CHECK(metrics["samples"][0]["labels"]["daemon"] == "syncd");
  CHECK(metrics["samples"][0]["value"] == 1);
}
