// Helpers of the configuration tests.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/load.hpp"

namespace tandem::config {

/// One diagnostic as "line:col: path: message (hint)".
inline std::string short_form(const Diagnostic& diagnostic) {
  return diagnostic.to_string().substr(diagnostic.file.size() + 1);
}

/// All of them, one per line.
inline std::string short_form(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += short_form(diagnostic);
  }
  return text;
}

/// Loads a text that must be free of mistakes.
inline Config load_valid(std::string_view text) {
  const LoadOutcome outcome = load(text, "t");
  REQUIRE(short_form(outcome.diagnostics) == "");
  return outcome.config;
}

inline std::string read_example(const std::string& name) {
  std::ifstream file(std::string(TANDEM_EXAMPLE_DIR) + "/" + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Texts that are valid but for `members`, which stand alone on line 3.

/// Members of the configuration itself.
inline std::string root(const std::string& members) {
  return "{ \"version\": 1,\n\n" + members + "\n}";
}

inline const std::string one_group =
    R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ] } ])";
inline const std::string one_cluster = R"("cluster": { "name": "c", "nodes": [
 { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ] })";

/// Members of a listener with a default target group.
inline std::string listener(const std::string& members) {
  return "{ \"version\": 1, \"listeners\": [\n"
         "{ \"name\": \"l\", \"port\": 80, \"default_target_group\": \"g\",\n" +
         members + "\n} ],\n" + one_group + " }";
}
/// Members of a rule of an http listener.
inline std::string rule(const std::string& members) {
  return "{ \"version\": 1, \"listeners\": [ { \"name\": \"l\", \"port\": 80, "
         "\"default_target_group\": \"g\", \"rules\": [\n"
         "{ \"name\": \"r\", \"priority\": 1,\n" +
         members + "\n} ] } ],\n" + one_group + " }";
}
/// Members of a target group.
inline std::string group(const std::string& members) {
  return "{ \"version\": 1, \"target_groups\": [\n"
         "{ \"name\": \"g\", \"backends\": [ { \"name\": \"b\", \"address\": \"10.0.0.1:80\" } "
         "],\n" +
         members + "\n} ] }";
}
/// Members of a virtual address of the nodes n1 and n2.
inline std::string virtual_address(const std::string& members) {
  return "{ \"version\": 1, \"virtual_addresses\": [\n{ \"name\": \"v\",\n" + members + "\n} ],\n" +
         one_cluster + " }";
}
/// Members of a cluster beside its name.
inline std::string cluster(const std::string& members) {
  return "{ \"version\": 1, \"cluster\": {\n\"name\": \"c\",\n" + members + "\n} }";
}

/// One row of a table of mistakes.
struct Mistake {
  std::string what;
  std::string text;
  std::string expected;  // the only diagnostics, in short form, one per line
};

inline void check(const std::vector<Mistake>& rows) {
  for (const Mistake& row : rows) {
    CAPTURE(row.what);
    CAPTURE(row.text);
    CHECK(short_form(load(row.text, "t").diagnostics) == row.expected);
  }
}

}  // namespace tandem::config
