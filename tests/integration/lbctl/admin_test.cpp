#include <nlohmann/json.hpp>

#include "tests/integration/lbctl/pair.hpp"

using namespace tandem::ctl::testing;
using namespace tandem;
using Json = nlohmann::ordered_json;

namespace {

// One exchange with a daemon that gives `answer`; what lbctl did with it, and what the daemon was asked.
struct Exchange {
  Run run;
  std::pair<std::string, std::string> request;
};

Exchange exchange_with(const std::string& daemon, io::HttpResponse answer, const std::vector<std::string>& arguments) {
  Node node;
  FakeDaemon& fake = node.start(daemon);
  node.on_thread([&] { fake.answer = std::move(answer); });
  Exchange exchange{node.lbctl(arguments), {}};
  node.on_thread([&] {
    REQUIRE(fake.requests.size() == 1);
    exchange.request = fake.requests[0];
  });
  return exchange;
}

}  // namespace

TEST_CASE("drain, enable and weight ask lbd and show its answer") {
  const io::HttpResponse drained{.body = R"({"target_group":"shop","backend":"s1","admin":"drain","active_connections":3})"};
  auto exchange = exchange_with("lbd", drained, {"drain", "shop/s1"});
  CHECK(exchange.run.exit_code == 0);
  CHECK(exchange.run.out == "shop/s1: draining, 3 still open\n");
  CHECK(exchange.request.first == "/v1/drain");
  CHECK(Json::parse(exchange.request.second) == Json::parse(R"({"target_group": "shop", "backend": "s1"})"));

  exchange = exchange_with("lbd", drained, {"drain", "shop/s1", "--json"});
  CHECK(Json::parse(exchange.run.out) == Json::parse(drained.body));

  exchange = exchange_with("lbd", {.body = R"({"admin":"enabled"})"}, {"enable", "shop/s1"});
  CHECK(exchange.run.out == "shop/s1: enabled\n");
  CHECK(exchange.request.first == "/v1/enable");

  exchange = exchange_with("lbd", {.body = R"({"weight":5})"}, {"weight", "shop/s1", "5"});
  CHECK(exchange.run.out == "shop/s1: weight 5\n");
  CHECK(Json::parse(exchange.request.second)["weight"] == 5);
}

TEST_CASE("a refusal is the daemon's sentence, with its hint") {
  const auto refusal = io::http_error(404, "there is no target group 'shp'", "did you mean 'shop'?");
  auto exchange = exchange_with("lbd", refusal, {"drain", "shp/s1"});
  CHECK(exchange.run.exit_code == 1);
  CHECK(exchange.run.out.empty());
  CHECK(exchange.run.err == "lbctl: there is no target group 'shp' (did you mean 'shop'?)\n");

  exchange = exchange_with("lbd", refusal, {"drain", "shp/s1", "--json"});
  CHECK(exchange.run.exit_code == 1);
  CHECK(exchange.run.err.empty());
  CHECK(Json::parse(exchange.run.out) ==
        Json::parse(R"({"error": "there is no target group 'shp'", "hint": "did you mean 'shop'?"})"));
}

TEST_CASE("reload: done, nothing to do, refused with every mistake") {
  auto exchange = exchange_with("lbd", {.body = R"({"generation":2,"changed":true})"}, {"reload"});
  CHECK(exchange.run.out == "reloaded: generation 2 is running\n");
  exchange = exchange_with("lbd", {.body = R"({"generation":2,"changed":false})"}, {"reload"});
  CHECK(exchange.run.out == "nothing has changed: generation 2 goes on\n");

  const io::HttpResponse refusal{.status = 422, .body = R"({"error": "the configuration has mistakes",
    "hint": "generation 2 goes on", "diagnostics": [{"file": "t.json", "line": 3, "column": 5,
    "path": "listeners[0].port", "message": "must be 1 to 65535", "hint": ""}]})"};
  exchange = exchange_with("lbd", refusal, {"reload"});
  CHECK(exchange.run.exit_code == 2);
  CHECK(exchange.run.out == "t.json:3:5: listeners[0].port: must be 1 to 65535\n");
  CHECK(exchange.run.err == "lbctl: the configuration has mistakes (generation 2 goes on)\n");
  exchange = exchange_with("lbd", refusal, {"reload", "--json"});
  CHECK(exchange.run.exit_code == 2);
  CHECK(Json::parse(exchange.run.out)["diagnostics"].size() == 1);
}

TEST_CASE("failover asks vrrpd") {
  auto exchange =
      exchange_with("vrrpd", {.body = R"({"virtual_address":"vip-a","from":"lb1","to":"lb2"})"}, {"failover", "vip-a"});
  CHECK(exchange.run.exit_code == 0);
  CHECK(exchange.run.out == "vip-a: moved from lb1 to lb2\n");
  CHECK(exchange.request.first == "/v1/failover");
  CHECK(Json::parse(exchange.request.second) == Json::parse(R"({"virtual_address": "vip-a"})"));
  exchange = exchange_with("vrrpd", io::http_error(409, "no live peer"), {"failover", "vip-a"});
  CHECK(exchange.run.exit_code == 1);
  CHECK(exchange.run.err == "lbctl: no live peer\n");
}

TEST_CASE("failover to a node: how long it took, or that there was nothing to do") {
  auto exchange = exchange_with(
      "vrrpd", {.body = R"({"virtual_address":"vip-a","from":"lb1","to":"lb2","moved":true,"took_ms":3.46})"},
      {"failover", "vip-a", "--to", "lb2", "--force"});
  CHECK(exchange.run.out == "vip-a: moved from lb1 to lb2 in 3.5 ms\n");
  CHECK(Json::parse(exchange.request.second) ==
        Json::parse(R"({"virtual_address": "vip-a", "to": "lb2", "force": true})"));
  exchange = exchange_with("vrrpd", {.body = R"({"from":"lb2","to":"lb2","moved":false,"took_ms":0})"},
                           {"failover", "vip-a", "--to", "lb2"});
  CHECK(exchange.run.exit_code == 0);
  CHECK(exchange.run.out == "vip-a: lb2 owns it already, nothing to do\n");
  exchange = exchange_with("vrrpd", {.body = R"({"from":"lb1","to":"lb2","moved":true,"took_ms":3.46,
      "sync_group":"edge","with":["vip-b","vip-c"]})"}, {"failover", "vip-a"});
  CHECK(exchange.run.out == "vip-a: moved from lb1 to lb2 in 3.5 ms, with vip-b, vip-c (sync group edge)\n");
}

TEST_CASE("failover of all asks for each address; one that cannot move does not keep the others") {
  Node node;
  FakeDaemon& vrrpd = node.start("vrrpd");
  node.on_thread([&] { vrrpd.answer = {.body = R"({"from":"lb1","to":"lb2","moved":true,"took_ms":1})"}; });
  Run run = node.lbctl({"failover", "--all", "--to", "lb2"});
  CHECK(run.exit_code == 0);
  CHECK(run.out == "vip-a: moved from lb1 to lb2 in 1.0 ms\nvip-b: moved from lb1 to lb2 in 1.0 ms\n");
  node.on_thread([&] {
    REQUIRE(vrrpd.requests.size() == 2);
    CHECK(Json::parse(vrrpd.requests[1].second) == Json::parse(R"({"virtual_address": "vip-b", "to": "lb2"})"));
    vrrpd.answer = io::http_error(409, "no live peer");
  });
  run = node.lbctl({"failover", "--all", "--to", "lb2"});
  CHECK(run.exit_code == 1);
  CHECK(run.err == "lbctl: vip-a: no live peer\nlbctl: vip-b: no live peer\n");
  run = node.lbctl({"failover", "--all", "--to", "lb2", "--json"});
  CHECK(run.exit_code == 1);
  CHECK(Json::parse(run.out)["virtual_addresses"][1]["error"] == "no live peer");
}

TEST_CASE("maintenance: on, off and status") {
  auto exchange = exchange_with(
      "vrrpd", {.body = R"({"on":true,"since":"2026-11-24T09:30:00Z","reason":"disk","changed":true,"moved":["vip-a"]})"},
      {"maintenance", "on", "--reason", "disk"});
  CHECK(exchange.run.out == "handed over: vip-a\nin maintenance since 2026-11-24T09:30:00Z: disk\n");
  CHECK(exchange.request.first == "/v1/maintenance");
  CHECK(Json::parse(exchange.request.second) == Json::parse(R"({"on": true, "reason": "disk"})"));
  exchange = exchange_with("vrrpd", {.body = R"({"on":false,"changed":true,"moved":[]})"}, {"maintenance", "off"});
  CHECK(exchange.run.out == "not in maintenance\n");
  CHECK(Json::parse(exchange.request.second) == Json::parse(R"({"on": false})"));
  exchange = exchange_with("vrrpd", io::http_error(409, "vip-a: no live peer", "use --force"), {"maintenance", "on"});
  CHECK(exchange.run.exit_code == 1);
  CHECK(exchange.run.err == "lbctl: vip-a: no live peer (use --force)\n");
  Node node;
  node.start("vrrpd");
  CHECK(node.lbctl({"maintenance", "status"}).out == "lb1: not in maintenance\n");
}

TEST_CASE("without its daemon every command ends with 3, names the socket and says what to do") {
  const Node node;
  struct Row {
    std::vector<std::string> command;
    const char* daemon;
  };
  const std::vector<Row> rows = {
      {{"drain", "shop/s1"}, "lbd"},  {{"enable", "shop/s1"}, "lbd"},  {{"weight", "shop/s1", "1"}, "lbd"},
      {{"reload"}, "lbd"},            {{"failover", "vip-a"}, "vrrpd"}, {{"sync"}, "syncd"},
      {{"failover", "--all", "--to", "lb1"}, "vrrpd"}, {{"maintenance", "on"}, "vrrpd"}, {{"maintenance", "status"}, "vrrpd"},
      {{"vrrp"}, "vrrpd"},            {{"metrics"}, "lbd"},             {{"metrics", "vrrpd"}, "vrrpd"},
      {{"events", "--follow"}, "lbd"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command[0]);
    const Run run = node.lbctl(row.command);
    CHECK(run.exit_code == 3);
    const std::string daemon = row.daemon;
    CHECK(run.err == "lbctl: " + daemon + " is not running: nothing listens on " + node.socket(daemon) +
                         " (start it, or check --run-dir)\n");
    auto with_json = row.command;
    with_json.emplace_back("--json");
    const Run json = node.lbctl(with_json);
    CHECK(json.exit_code == 3);
    CHECK(Json::parse(json.out)["error"].get<std::string>().find(daemon + " is not running") == 0);
  }
}

TEST_CASE("bad usage ends with 2") {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"nonsense"}, {"drain"}, {"drain", "shop"}, {"weight", "shop/s1", "many"}, {"status", "--loud"}}) {
    const Run run = run_lbctl(words);
    CHECK(run.exit_code == 2);
    CHECK(run.out.empty());
    CHECK(run.err.find("lbctl: ") == 0);
  }
  const Run json = run_lbctl({"nonsense", "--json"});
  CHECK(json.exit_code == 2);
  CHECK(Json::parse(json.out)["error"] == "there is no command 'nonsense'");
  CHECK(run_lbctl({"help"}).exit_code == 0);
  CHECK(run_lbctl({"version"}).out.find("lbctl ") == 0);
  CHECK(Json::parse(run_lbctl({"help", "--json"}).out)["commands"].size() == 19);
}
