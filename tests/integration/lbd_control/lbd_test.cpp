// lbd from outside: the binary, its sockets, its signals, its exit codes.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "tests/integration/lbd_control/lbd_process.hpp"
#include "tests/integration/lbd_control/scripted_backend.hpp"

using namespace tandem::lbd::test;
using nlohmann::json;

namespace {

constexpr const char* get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

json health_check() {
  return {{"type", "http"}, {"path", "/ready"}, {"interval", "300ms"}, {"transition_interval", "20ms"},
          {"timeout", "300ms"}, {"unhealthy_threshold", 2}, {"healthy_threshold", 1}};
}

json shop_config(std::uint16_t port, const std::vector<const ScriptedBackend*>& backends) {
  json list = json::array();
  for (std::size_t i = 0; i < backends.size(); ++i) {
    list.push_back({{"name", "s" + std::to_string(i + 1)}, {"address", backends[i]->endpoint().to_string()}});
  }
  const char* const engine = std::getenv("TANDEM_TEST_ENGINE");
  return {{"version", 1},
          {"workers", 2},
          {"engine", engine != nullptr ? engine : "epoll"},
          {"listeners", {{{"name", "web"}, {"protocol", "http"}, {"address", "127.0.0.1"}, {"port", port},
                          {"default_target_group", "shop"}}}},
          {"target_groups", {{{"name", "shop"}, {"protocol", "http"}, {"backends", list},
                              {"health_check", health_check()}}}},
          {"timeouts", {{"drain", "2s"}}}};
}

json node(const char* name, int last) {
  return {{"name", name}, {"address", "192.0.2." + std::to_string(last)},
          {"sync_address", "198.51.100." + std::to_string(last)}};
}

/// lbd in front of two backends that say who they are.
struct Shop {
  ScriptedBackend one{http_reply(200, "I am s1")};
  ScriptedBackend two{http_reply(200, "I am s2")};
  std::uint16_t port = free_port();
  json config = shop_config(port, {&one, &two});
  LbdProcess lbd{config.dump()};

  std::string ask() const { return exchange(port, get); }
  json status() const { return json::parse(lbd.call("GET", "/v1/status").body, nullptr, false); }
  json backend(std::size_t index) const { return status()["target_groups"][0]["backends"][index]; }
  bool health(std::size_t index, const std::string& wanted) const {
    return eventually([&] { return backend(index)["health"] == wanted; });
  }
  std::optional<json> reload() const {
    const auto answer = lbd.call("POST", "/v1/reload");
    if (answer.status != 200) return std::nullopt;
    return json::parse(answer.body);
  }
};

std::string read_file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("bad usage and bad configuration end with 2 and say why") {
  LbdProcess lbd("{\n  \"version\": 1,\n  \"listenrs\": []\n}");
  lbd.start();
  CHECK(lbd.wait_exit() == 2);
  CHECK(lbd.log().find(lbd.file("tandem.json") + ":3:3: ") != std::string::npos);
  CHECK(lbd.log().find("listeners") != std::string::npos);
}

TEST_CASE("a port that is taken ends with 1 and names the port") {
  ScriptedBackend other("");
  LbdProcess lbd(shop_config(other.endpoint().port, {&other}).dump());
  lbd.start();
  CHECK(lbd.wait_exit() == 1);
  CHECK(lbd.log().find("listener web: cannot listen on " + other.endpoint().to_string()) != std::string::npos);
}

TEST_CASE_FIXTURE(Shop, "start, serve, show, stop") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  REQUIRE(health(1, "up"));
  bool seen_one = false;
  bool seen_two = false;
  CHECK(eventually([&] {
    const std::string reply = ask();
    seen_one = seen_one || reply.ends_with("I am s1");
    seen_two = seen_two || reply.ends_with("I am s2");
    return seen_one && seen_two;
  }));

  const json shown = status();
  CHECK(shown["node"] == "lb1");
  CHECK(shown["daemon"] == "lbd");
  CHECK(shown["ready"] == true);
  CHECK(shown["ready_reason"] == "");
  CHECK(shown["workers"] == 2);
  CHECK(eventually([&] {
    return status()["engine"] == config["engine"] || lbd.log().find("uses epoll, not io_uring") != std::string::npos;
  }));
  CHECK(shown["config"]["generation"] == 1);
  CHECK(shown["sync"]["connected"] == false);
  CHECK(shown["listeners"][0]["name"] == "web");
  CHECK(shown["listeners"][0]["port"] == port);
  CHECK(shown["listeners"][0]["requests_total"].get<int>() >= 2);
  CHECK(backend(0)["admin"] == "enabled");
  CHECK(backend(0)["health_reason"] == "HTTP 200");

  const std::string metrics = lbd.call("GET", "/metrics").body;
  CHECK(metrics.find("tandem_lbd_ready 1\n") != std::string::npos);
  CHECK(metrics.find(R"(tandem_lbd_backend_up{target_group="shop",backend="s1"} 1)") != std::string::npos);
  CHECK(metrics.find(R"(cause="completed")") != std::string::npos);

  lbd.signal(SIGTERM);
  CHECK(lbd.wait_exit() == 0);
  CHECK_FALSE(std::filesystem::exists(lbd.file("lbd.sock")));
}

TEST_CASE_FIXTURE(Shop, "a second lbd of the same run directory is refused") {
  REQUIRE(lbd.start_and_wait());
  LbdProcess second(config.dump());
  std::filesystem::remove(second.file("lbd.sock"));
  std::filesystem::create_symlink(lbd.file("lbd.sock"), second.file("lbd.sock"));
  second.start();
  CHECK(second.wait_exit() == 1);
  CHECK_FALSE(ask().empty());
}

TEST_CASE_FIXTURE(Shop, "a backend that fails is taken out, and comes back") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  REQUIRE(health(1, "up"));
  two.behave(ScriptedBackend::Behaviour::close_early);
  REQUIRE(health(1, "down"));
  CHECK(backend(1)["health_reason"] == "closed without a reply");
  for (int i = 0; i < 10; ++i) CHECK(ask().ends_with("I am s1"));
  one.behave(ScriptedBackend::Behaviour::close_early);
  REQUIRE(health(0, "down"));
  CHECK(ask().starts_with("HTTP/1.1 503"));
  two.behave(ScriptedBackend::Behaviour::answer);
  REQUIRE(health(1, "up"));
  CHECK(eventually([&] { return ask().ends_with("I am s2"); }));
}

TEST_CASE_FIXTURE(Shop, "drain, enable and weight, and what they refuse") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  REQUIRE(health(1, "up"));
  const std::string body = R"({"target_group":"shop","backend":"s1"})";
  auto answer = lbd.call("POST", "/v1/drain", body);
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body)["admin"] == "drain");
  CHECK(json::parse(answer.body)["active_connections"].is_number_unsigned());
  CHECK(eventually([&] { return ask().ends_with("I am s2"); }));
  for (int i = 0; i < 10; ++i) CHECK(ask().ends_with("I am s2"));

  // It survives a reload.
  config["timeouts"]["connect"] = "3s";
  lbd.write_config(config.dump());
  REQUIRE(reload());
  CHECK(backend(0)["admin"] == "drain");
  for (int i = 0; i < 5; ++i) CHECK(ask().ends_with("I am s2"));

  answer = lbd.call("POST", "/v1/enable", body);
  CHECK(json::parse(answer.body)["admin"] == "enabled");
  answer = lbd.call("POST", "/v1/weight", R"({"target_group":"shop","backend":"s2","weight":0})");
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body)["weight"] == 0);
  CHECK(eventually([&] { return ask().ends_with("I am s1"); }));
  for (int i = 0; i < 10; ++i) CHECK(ask().ends_with("I am s1"));

  CHECK(lbd.call("POST", "/v1/drain", R"({"target_group":"shop","backend":"s9"})").status == 404);
  CHECK(lbd.call("POST", "/v1/drain", "not json").status == 400);
  CHECK(lbd.call("POST", "/v1/drain", R"({"target_group":1,"backend":[]})").status == 400);
  CHECK(lbd.call("POST", "/v1/weight", body).status == 400);
  CHECK(lbd.call("POST", "/v1/weight", R"({"target_group":"shop","backend":"s2","weight":1001})").status == 400);
  CHECK(lbd.call("POST", "/v1/weight", R"({"target_group":"shop","backend":"s2","weight":-1})").status == 400);
}

TEST_CASE_FIXTURE(Shop, "reload: listeners come and go, the rest goes on") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  const json unchanged = *reload();
  CHECK(unchanged["changed"] == false);
  CHECK(unchanged["generation"] == 1);

  const std::uint16_t second = free_port();
  json added = config;
  added["listeners"].push_back(config["listeners"][0]);
  added["listeners"][1]["name"] = "web2";
  added["listeners"][1]["port"] = second;
  lbd.write_config(added.dump());
  const json applied = *reload();
  CHECK(applied["changed"] == true);
  CHECK(applied["generation"] == 2);
  CHECK(eventually([&] { return exchange(second, get).starts_with("HTTP/1.1 200"); }));
  CHECK(ask().starts_with("HTTP/1.1 200"));

  lbd.write_config(config.dump());
  lbd.signal(SIGHUP);
  CHECK(eventually([&] { return exchange(second, get).empty(); }));
  CHECK(ask().starts_with("HTTP/1.1 200"));
  CHECK(status()["config"]["generation"] == 3);
  CHECK(health(0, "up"));
}

TEST_CASE_FIXTURE(Shop, "reload: a bad file or a taken port changes nothing and is explained") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  json bad = config;
  bad["listeners"][0]["prot"] = 1;
  bad["target_groups"][0]["backends"][0]["weight"] = -5;
  lbd.write_config(bad.dump(2));
  auto answer = lbd.call("POST", "/v1/reload");
  CHECK(answer.status == 422);
  json refusal = json::parse(answer.body);
  CHECK(refusal["diagnostics"].size() == 2);
  CHECK(refusal["diagnostics"][0]["line"].get<int>() > 1);
  CHECK_FALSE(refusal["error"].get<std::string>().empty());

  ScriptedBackend other("");
  json taken = config;
  taken["listeners"].push_back(config["listeners"][0]);
  taken["listeners"][1]["name"] = "web2";
  taken["listeners"][1]["port"] = other.endpoint().port;
  lbd.write_config(taken.dump());
  answer = lbd.call("POST", "/v1/reload");
  CHECK(answer.status == 422);
  refusal = json::parse(answer.body);
  CHECK(refusal["diagnostics"][0]["message"].get<std::string>().find("listener web2") != std::string::npos);

  json workers = config;
  workers["workers"] = 3;
  lbd.write_config(workers.dump());
  answer = lbd.call("POST", "/v1/reload");
  CHECK(answer.status == 422);
  CHECK(answer.body.find("needs a restart") != std::string::npos);
  json engine = config;
  engine["engine"] = "auto";
  lbd.write_config(engine.dump());
  answer = lbd.call("POST", "/v1/reload");
  CHECK(answer.status == 422);
  CHECK(answer.body.find("the engine changes from") != std::string::npos);

  CHECK(status()["config"]["generation"] == 1);
  CHECK(ask().starts_with("HTTP/1.1 200"));
}

TEST_CASE_FIXTURE(Shop, "reload under load fails no request") {
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  REQUIRE(health(1, "up"));
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  std::thread client([&] {
    while (!stop) ++(ask().starts_with("HTTP/1.1 200") ? good : bad);
  });
  json other = config;
  other["listeners"].push_back(config["listeners"][0]);
  other["listeners"][1]["name"] = "web2";
  other["listeners"][1]["port"] = free_port();
  int applied = 0;
  for (int i = 0; i < 20; ++i) {
    lbd.write_config((i % 2 == 0 ? other : config).dump());
    applied += reload().has_value();
  }
  CHECK(eventually([&] { return good > 50; }));
  stop = true;
  client.join();
  CHECK(applied == 20);
  CHECK(bad == 0);
  CHECK(status()["config"]["generation"] == 21);
}

TEST_CASE_FIXTURE(Shop, "in a cluster: syncd is waited for, and leaving is announced before anybody is refused") {
  std::ofstream(lbd.file("key")) << std::string(64, 'a') << '\n';
  std::filesystem::permissions(lbd.file("key"), std::filesystem::perms::owner_read);
  config["cluster"] = {{"name", "edge"}, {"nodes", {node("lb1", 1), node("lb2", 2)}},
                       {"sync", {{"key_file", lbd.file("key")}}}};
  lbd.write_config(config.dump());
  const auto started = std::chrono::steady_clock::now();
  REQUIRE(lbd.start_and_wait());
  CHECK(std::chrono::steady_clock::now() - started >= std::chrono::milliseconds(900));
  CHECK(lbd.log().find("syncd is not running here") != std::string::npos);
  REQUIRE(health(0, "up"));

  lbd.signal(SIGTERM);
  const auto asked = std::chrono::steady_clock::now();
  REQUIRE(eventually([&] { return status()["ready_reason"] == "draining"; }));
  int served = 0;
  while (true) {
    const std::string reply = ask();
    if (std::chrono::steady_clock::now() - asked > std::chrono::milliseconds(300)) break;
    CHECK(reply.starts_with("HTTP/1.1 200"));
    ++served;
  }
  CHECK(served > 0);
  CHECK(lbd.wait_exit() == 0);
}

TEST_CASE_FIXTURE(Shop, "a node that the cluster does not know ends with 2") {
  config["cluster"] = {{"name", "edge"}, {"nodes", {node("a", 1), node("b", 2)}}};
  lbd.write_config(config.dump());
  lbd.start();
  CHECK(lbd.wait_exit() == 2);
  CHECK(lbd.log().find("this node is called lb1, which is none of cluster.nodes (a, b); say --node NAME") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Shop, "access log: a line for each request, rotated by SIGHUP") {
  config["log"] = {{"access_log", lbd.file("access.log")}};
  lbd.write_config(config.dump());
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  exchange(port, "GET /first\x01\xff HTTP/1.1\r\nHost: x\r\n\r\n");
  exchange(port, "GET /second?a='b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  REQUIRE(eventually([&] { return read_file(lbd.file("access.log")).find("/second") != std::string::npos; }));
  std::ifstream lines(lbd.file("access.log"));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    const json parsed = json::parse(line, nullptr, false);
    CHECK(parsed.is_object());
    CHECK(parsed["listener"] == "web");
    const bool refused = parsed["end"] == "client_bad_request";
    CHECK(parsed["status"] == (refused ? 400 : 200));
    CHECK(parsed.contains("backend") == !refused);
    ++count;
  }
  CHECK(count == 2);

  std::filesystem::rename(lbd.file("access.log"), lbd.file("access.log.1"));
  lbd.signal(SIGHUP);
  REQUIRE(eventually([&] { return std::filesystem::exists(lbd.file("access.log")); }));
  exchange(port, "GET /third HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(eventually([&] { return read_file(lbd.file("access.log")).find("/third") != std::string::npos; }));
  CHECK(read_file(lbd.file("access.log.1")).find("/third") == std::string::npos);
  // What was served last is in the log when lbd has ended.
  exchange(port, "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  lbd.signal(SIGTERM);
  REQUIRE(lbd.wait_exit() == 0);
  CHECK(read_file(lbd.file("access.log")).find("/last") != std::string::npos);
}

TEST_CASE_FIXTURE(Shop, "SIGTERM: a request under way is finished, new connections are refused, then it ends") {
  one.behave(ScriptedBackend::Behaviour::drip);
  two.behave(ScriptedBackend::Behaviour::drip);
  config["target_groups"][0]["health_check"] = {{"type", "tcp"}, {"interval", "300ms"}};
  lbd.write_config(config.dump());
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  std::string reply;
  std::thread client([&] { reply = ask(); });
  REQUIRE(eventually([&] {
    return backend(0)["active_connections"].get<int>() + backend(1)["active_connections"].get<int>() > 0;
  }));
  lbd.signal(SIGTERM);
  CHECK(eventually([&] { return ask().empty(); }));
  client.join();
  CHECK(reply.find("I am s") != std::string::npos);
  CHECK(lbd.wait_exit() == 0);
}

TEST_CASE_FIXTURE(Shop, "a second SIGTERM does not wait for anybody") {
  one.behave(ScriptedBackend::Behaviour::silent);
  two.behave(ScriptedBackend::Behaviour::silent);
  config["target_groups"][0]["health_check"] = {{"type", "tcp"}, {"interval", "300ms"}};
  config["timeouts"]["drain"] = "1h";
  lbd.write_config(config.dump());
  REQUIRE(lbd.start_and_wait());
  REQUIRE(health(0, "up"));
  std::thread client([&] { ask(); });
  REQUIRE(eventually([&] { return status()["client_connections"].get<int>() > 0; }));
  lbd.signal(SIGTERM);
  REQUIRE(eventually([&] { return lbd.log().find("draining") != std::string::npos; }));
  lbd.signal(SIGTERM);
  CHECK(lbd.wait_exit() == 0);
  client.join();
}
