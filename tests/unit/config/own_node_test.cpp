#include "common/config/own_node.hpp"

#include <doctest/doctest.h>

using namespace tandem::config;

namespace {

Config pair_of(const std::string& first, const std::string& second) {
  Config config;
  config.cluster.emplace();
  config.cluster->nodes.resize(2);
  config.cluster->nodes[0].name = first;
  config.cluster->nodes[1].name = second;
  return config;
}

}  // namespace

TEST_CASE("a host is the node of its whole name, else that of its name up to the first dot") {
  struct Row {
    const char* what;
    Config config;
    const char* host;
    const char* node;  // nullptr: none
  };
  const std::vector<Row> rows = {
      {"the same name", pair_of("lb1", "lb2"), "lb2", "lb2"},
      {"a host with its domain", pair_of("lb1", "lb2"), "lb2.example.com", "lb2"},
      {"nodes with their domains", pair_of("lb.a.example", "lb.b.example"), "lb.b.example", "lb.b.example"},
      {"the whole name goes first", pair_of("lb1", "lb1.example.com"), "lb1.example.com", "lb1.example.com"},
      {"the domain of a node is not guessed", pair_of("lb1.example.com", "lb2.example.com"), "lb1", nullptr},
      {"nor is another domain taken for it", pair_of("lb1.example.com", "lb2"), "lb1.example.net", nullptr},
      {"another host", pair_of("lb1", "lb2"), "lb10", nullptr},
      {"a host without a name", pair_of("lb1", "lb2"), "", nullptr},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const NodeConfig* node = find_own_node(*row.config.cluster, row.host);
    CHECK((node == nullptr) == (row.node == nullptr));
    if (node != nullptr && row.node != nullptr) CHECK(node->name == row.node);
    CHECK(own_node_name(row.config, row.host) == (row.node != nullptr ? row.node : row.host));
  }
}

TEST_CASE("a host without a cluster is called as it is") { CHECK(own_node_name(Config{}, "lb1.example.com") == "lb1.example.com"); }
