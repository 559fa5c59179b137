#include <doctest/doctest.h>

#include <sstream>

#include "common/config/load.hpp"
#include "lbctl/init/answers.hpp"
#include "lbctl/init/questions.hpp"
#include "lbctl/init/render.hpp"

using namespace tandem;
using namespace tandem::ctl;

namespace {

using Words = std::vector<std::string>;

const Words complete = {"init",     "--node",   "lb1=192.0.2.11", "--node",      "lb2=192.0.2.12", "--vip",     "192.0.2.100/24",
                        "--vip",    "192.0.2.101/24", "--interface", "eth0",      "--backend",      "192.0.2.21:8080"};

Words with(Words more) {
  Words words = complete;
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

InitAnswers answers_of(const Words& words) {
  const auto invocation = parse(words);
  REQUIRE(invocation);
  auto answers = read_answers(*invocation);
  REQUIRE(answers);
  return *answers;
}

config::Config config_of(const InitAnswers& answers) {
  const auto outcome = config::load(render_config(answers), "t");
  for (const auto& diagnostic : outcome.diagnostics) CAPTURE(diagnostic.to_string());
  REQUIRE(outcome.usable());
  return outcome.config;
}

}  // namespace

TEST_CASE("init: the configuration says what the options say") {
  const auto config = config_of(answers_of(with({"--sync", "lb2=198.51.100.2", "--sync", "lb1=198.51.100.1", "--listen", "8080",
                                                 "--vrid", "60", "--name", "shop", "--health-path", "/ready",
                                                 "--backend", "[2001:db8::21]:80", "--unicast",
                                                 "--witness", "192.0.2.1", "--witness", "192.0.2.53:53"})));
  CHECK(config.cluster->name == "shop");
  CHECK(config.cluster->nodes[0].sync_address.to_string() == "198.51.100.1");
  CHECK(config.cluster->nodes[1].sync_address.to_string() == "198.51.100.2");
  CHECK(config.cluster->sync.key_file == "/etc/tandem/cluster.key");
  REQUIRE(config.virtual_addresses.size() == 2);
  CHECK(config.virtual_addresses[0].vrid == 60);
  CHECK(config.virtual_addresses[1].vrid == 61);
  CHECK(config.virtual_addresses[1].unicast);
  CHECK(config.cluster->witnesses == std::vector<Endpoint>{{IpAddress::v4({192, 0, 2, 1}), 0},
                                                           {IpAddress::v4({192, 0, 2, 53}), 53}});
  CHECK(config.listeners[0].port == 8080);
  CHECK(config.target_groups[0].backends[1].address.to_string() == "[2001:db8::21]:80");
  CHECK(config.target_groups[0].health_check.path == "/ready");
}

TEST_CASE("init: two addresses prefer different nodes, so that both carry traffic") {
  const auto config = config_of(answers_of(complete));
  CHECK(config.virtual_addresses[0].preferred_node == "lb1");
  CHECK(config.virtual_addresses[1].preferred_node == "lb2");
}

TEST_CASE("init: without a dedicated link the nodes replicate over the LAN") {
  const auto config = config_of(answers_of(complete));
  CHECK(config.cluster->nodes[0].sync_address == config.cluster->nodes[0].address);
}

TEST_CASE("init: a tcp service") {
  const auto config = config_of(answers_of(with({"--mode", "tcp", "--listen", "5432"})));
  CHECK(config.listeners[0].protocol == config::ListenerProtocol::tcp);
  CHECK(config.target_groups[0].protocol == config::BackendProtocol::tcp);
}

TEST_CASE("init: every part of the file has a comment, and editors find the schema") {
  const std::string text = render_config(answers_of(complete));
  for (const char* part : {"\"cluster\"", "\"virtual_addresses\"", "\"listeners\"", "\"target_groups\""}) {
    CAPTURE(part);
    const std::size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    const std::size_t line = text.rfind('\n', text.rfind('\n', at) - 1);
    CHECK(text.substr(line + 1, 5) == "  // ");
  }
  CHECK(text.find("\"$schema\": \"file:///usr/share/tandem/tandem.schema.json\"") != std::string::npos);
}

TEST_CASE("init: a name that would break out of its quotes stays a mistake") {
  InitAnswers answers = answers_of(complete);
  answers.nodes[0].name = "lb1\", \"x\": \"";
  CHECK_FALSE(config::load(render_config(answers), "t").usable());
}

TEST_CASE("init: wrong options are explained") {
  struct Row {
    Words words;
    const char* message;
  };
  for (const Row& row : std::vector<Row>{
           {{"init", "--node", "lb1"}, "init --node: 'lb1' is not NAME=ADDRESS (like lb1=192.0.2.11)"},
           {with({"--witness", "gateway"}),
            "init --witness: 'gateway' is not an IP address, with or without a port (like 192.0.2.1 or 192.0.2.53:53)"},
           {{"init", "--node", "=192.0.2.1"}, "init --node: '=192.0.2.1' is not NAME=ADDRESS (like lb1=192.0.2.11)"},
           {with({"--node", "lb3=192.0.2.13"}), "init --node: a pair has exactly two nodes"},
           {with({"--sync", "lb1=198.51.100.1"}), "init --sync: say it once for each node, or leave it out"},
           {with({"--sync", "lb1=198.51.100.1", "--sync", "lb3=198.51.100.2"}), "init --sync: no --node has the name 'lb3'"},
           {with({"--sync", "lb1=198.51.100.1", "--sync", "lb1=198.51.100.2"}),
            "init --sync: lb1 is given twice, the other node is missing"},
           {with({"--vip", "192.0.2.102"}),
            "init --vip: '192.0.2.102' lacks the LAN's prefix length (like 192.0.2.102/24; `ip address` shows it)"},
           {with({"--vip", "web"}), "init --vip: 'web' is not ADDRESS/LENGTH (like 192.0.2.100/24)"},
           {with({"--backend", "192.0.2.21"}),
            "init --backend: '192.0.2.21' is not ADDRESS:PORT (like 192.0.2.21:8080 or [2001:db8::21]:8080)"},
           {with({"--listen", "0"}), "init --listen: '0' is not a port from 1 to 65535"},
           {with({"--vrid", "256"}), "init --vrid: '256' is not a number from 1 to 255"},
           {with({"--health-path", "ready"}), "init --health-path: 'ready' is not a path (like /ready)"},
           {with({"--mode", "tcp", "--health-path", "/"}), "init --health-path: only --mode http asks for a page"},
       }) {
    CAPTURE(row.message);
    const auto invocation = parse(row.words);
    REQUIRE(invocation);
    const auto answers = read_answers(*invocation);
    REQUIRE_FALSE(answers);
    CHECK(answers.error().message == row.message);
  }
  CHECK(parse({"init", "--mode", "udp"}).error().message == "init --mode: 'udp' is not one of http, tcp");
}

TEST_CASE("init: the key stands beside the configuration") {
  CHECK(answers_of(with({"--output", "/srv/lb/tandem.json"})).key_file == "/srv/lb/cluster.key");
  CHECK(answers_of(with({"--config", "/srv/lb/tandem.json"})).key_file == "/srv/lb/cluster.key");
  CHECK(answers_of(with({"--output", "-"})).key_file == "/etc/tandem/cluster.key");
  CHECK(answers_of(with({"--key-file", "/root/k"})).key_file == "/root/k");
}

TEST_CASE("init: what is missing is named, and asked") {
  CHECK(missing_answers(answers_of({"init"})).size() == 4);
  CHECK(missing_answers(answers_of(complete)).empty());

  std::istringstream in("\nlb2\nlb2=192.0.2.12\n198.51.100.1\nx\n198.51.100.2\n\n192.0.2.100/24\n192.0.2.101/24\n"
                        "gateway\n\n192.0.2.53:53\n\nftp\n\n8080\n192.0.2.21:80\n192.0.2.22:80\n\n/ready\n");
  std::ostringstream out;
  const Guess guess{.host = "lb1", .interface = "eth0", .address = "192.0.2.11", .gateway = "192.0.2.1"};
  const auto answers = ask(answers_of({"init"}), guess, in, out);
  REQUIRE(answers);
  CHECK(answers->nodes[0].name == "lb1");
  CHECK(answers->nodes[1].address.to_string() == "192.0.2.12");
  CHECK(answers->sync.size() == 2);
  CHECK(answers->interface == "eth0");
  CHECK(answers->vips.size() == 2);
  CHECK(answers->mode == "http");
  CHECK(answers->port == 8080);
  CHECK(answers->backends.size() == 2);
  CHECK(answers->health_path == "/ready");
  CHECK(out.str().find("'lb2' is not NAME=ADDRESS") != std::string::npos);
  CHECK(out.str().find("'x' is not an IP address") != std::string::npos);
  CHECK(answers->witnesses == std::vector<Endpoint>{{IpAddress::v4({192, 0, 2, 1}), 0}, {IpAddress::v4({192, 0, 2, 53}), 53}});
  CHECK(out.str().find("'gateway' is not an IP address") != std::string::npos);
  CHECK(out.str().find("'ftp' is neither http nor tcp") != std::string::npos);
  config_of(*answers);
}

TEST_CASE("init: only what the options leave open is asked") {
  InitAnswers answers = answers_of(complete);
  answers.backends.clear();
  std::istringstream in("\nnone\n\n\n192.0.2.21:80\n\n\n");
  std::ostringstream out;
  const auto asked = ask(answers, Guess{}, in, out);
  REQUIRE(asked);
  CHECK(out.str().find("other node") == std::string::npos);
  CHECK(out.str().find("Floating address,") == std::string::npos);
  CHECK(asked->witnesses.empty());
}

TEST_CASE("init: an input that ends early writes nothing") {
  std::istringstream in("lb1=192.0.2.11\n");
  std::ostringstream out;
  CHECK_FALSE(ask(answers_of({"init"}), Guess{}, in, out));
}
