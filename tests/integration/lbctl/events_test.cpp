#include <nlohmann/json.hpp>

#include "tests/integration/lbctl/pair.hpp"

using namespace tandem::ctl::testing;
using Json = nlohmann::ordered_json;

TEST_CASE("events of all daemons come in the order in which they happened") {
  Node node;
  FakeDaemon& lbd = node.start("lbd");
  FakeDaemon& vrrpd = node.start("vrrpd");
  node.on_thread([&] {
    lbd.events.add("down", "shop/s1", "connection refused");
    vrrpd.events.add("active", "vip-a", "three adverts missed", {{"priority", "150"}});
    lbd.events.add("up", "shop/s1", "200 in 2 ms");
  });
  const Run text = node.lbctl({"events"});
  CHECK(text.exit_code == 0);
  const auto down = text.out.find("lb1 lbd    shop/s1 down: connection refused\n");
  const auto active = text.out.find("lb1 vrrpd  vip-a active: three adverts missed (priority=150)\n");
  const auto up = text.out.find("lb1 lbd    shop/s1 up: 200 in 2 ms\n");
  CHECK(down < active);
  CHECK(active < up);
  CHECK(up != std::string::npos);

  const Run json = node.lbctl({"events", "--json", "--once"});
  CHECK(json.exit_code == 0);
  CHECK(Json::parse(json.out.substr(0, json.out.find('\n')))["event"] == "down");
}

TEST_CASE("following goes on through restarts of a daemon, without repeating what was shown") {
  Node node;
  FakeDaemon& lbd = node.start("lbd");
  FakeDaemon& vrrpd = node.start("vrrpd");
  node.on_thread([&] { lbd.events.add("started", "lbd", "told to"); });
  RunningLbctl lbctl({"--run-dir", node.run_dir(), "events", "--json"});
  CHECK(Json::parse(lbctl.line())["event"] == "started");
  node.on_thread([&] { vrrpd.events.add("active", "vip-a", "three adverts missed"); });
  CHECK(Json::parse(lbctl.line())["event"] == "active");

  node.stop("lbd");
  FakeDaemon& second = node.start("lbd");
  node.on_thread([&] { second.events.add("restarted", "lbd", "told to"); });
  CHECK(Json::parse(lbctl.line())["event"] == "restarted");
  node.on_thread([&] { vrrpd.events.add("backup", "vip-a", "released"); });
  CHECK(Json::parse(lbctl.line())["event"] == "backup");
}

TEST_CASE("a daemon that starts later is followed, too") {
  Node node;
  node.start("lbd");
  RunningLbctl lbctl({"--run-dir", node.run_dir(), "events", "--follow", "--json"});
  FakeDaemon& syncd = node.start("syncd");
  node.on_thread([&] { syncd.events.add("connected", "lb2", "handshake done"); });
  CHECK(Json::parse(lbctl.line())["subject"] == "lb2");
}
