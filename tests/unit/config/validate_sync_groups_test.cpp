// The members of a sync group follow one rule, and may be on LANs that the file does not know.
#include "support.hpp"

using namespace tandem::config;

namespace {

const std::string nodes = R"("cluster": { "name": "c", "nodes": [
 { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ] },
)";

std::string member(const std::string& name, const std::string& address, const std::string& interface, int vrid,
                   const std::string& more) {
  return R"({ "name": ")" + name + R"(", "addresses": [")" + address + R"("], "interface": ")" + interface +
         R"(", "vrid": )" + std::to_string(vrid) + ",\n" + more + " }";
}

/// Two addresses of one group: the keys of the second are those of the first but for `second`.
std::string group(const std::string& first, const std::string& second) {
  return root(nodes + R"("virtual_addresses": [ )" + member("a", "192.0.2.100/24", "eth0", 1, first) + ",\n" +
              member("b", "203.0.113.100/24", "eth1", 1, second) + " ]");
}

}  // namespace

TEST_CASE("a sync group has one rule") {
  const std::string rule = R"("preferred_node": "n1", "sync_group": "g")";
  struct Row {
    const char* what;
    std::string text;
    const char* expected;
  };
  const Row rows[] = {
      {"two LANs", group(rule, rule), ""},
      {"keys with the same meaning", group(rule + R"(, "preempt": true)", rule), ""},
      {"alone", group(rule, R"("preferred_node": "n1")"),
       "7:39: virtual_addresses[0].sync_group: no other virtual address is in sync group \"g\" (check the name: the same in "
       "all that shall move together)"},
      {"preferred_node", group(rule, R"("preferred_node": "n2", "sync_group": "g")"),
       "9:19: virtual_addresses[1].preferred_node: a and b are in sync group \"g\", but differ in \"preferred_node\" (the "
       "addresses of a group have one owner, so one rule; a is at line 6)"},
      {"preempt", group(rule, rule + R"(, "preempt": false)"),
       "9:55: virtual_addresses[1].preempt: a and b are in sync group \"g\", but differ in \"preempt\" (the addresses of a "
       "group have one owner, so one rule; a is at line 6)"},
      {"preempt_delay", group(rule, rule + R"(, "preempt_delay": "1s")"),
       "9:61: virtual_addresses[1].preempt_delay: a and b are in sync group \"g\", but differ in \"preempt_delay\" (the "
       "addresses of a group have one owner, so one rule; a is at line 6)"},
      {"advert_interval", group(rule, rule + R"(, "advert_interval": "50ms")"),
       "9:63: virtual_addresses[1].advert_interval: a and b are in sync group \"g\", but differ in \"advert_interval\" (the "
       "addresses of a group have one owner, so one rule; a is at line 6)"},
      {"authentication", group(rule, rule + R"(, "authentication": false)"),
       "9:62: virtual_addresses[1].authentication: a and b are in sync group \"g\", but differ in \"authentication\" (the "
       "addresses of a group have one owner, so one rule; a is at line 6)"},
      {"version", group(rule + R"(, "advert_interval": "1s", "authentication": false)",
                        rule + R"(, "advert_interval": "1s", "version": 2)"),
       "9:80: virtual_addresses[1].version: a and b are in sync group \"g\", but differ in \"version\" (the addresses of a "
       "group have one owner, so one rule; a is at line 6)"},
      {"foreign", group(rule + R"(, "foreign": true)", rule + R"(, "foreign": true)"),
       "7:39: virtual_addresses[0].sync_group: the addresses beside a foreign router move by its rules, each by itself "
       "(remove \"sync_group\", or \"foreign\" if the other router is a Tandem node)\n"
       "9:39: virtual_addresses[1].sync_group: the addresses beside a foreign router move by its rules, each by itself "
       "(remove \"sync_group\", or \"foreign\" if the other router is a Tandem node)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CAPTURE(row.text);
    const LoadOutcome outcome = load(row.text, "t");
    CHECK(short_form(outcome.diagnostics) == row.expected);
    CHECK(short_form(outcome.unsupported) == "");
  }
}

TEST_CASE("an interface without the nodes' addresses may have any network, the LAN may not") {
  const std::string rule = R"("preferred_node": "n1")";
  const auto two = [&](const std::string& first, const std::string& second, const std::string& interface) {
    return root(nodes + R"("virtual_addresses": [ )" + member("a", first, "eth0", 1, rule) + ",\n" +
                member("b", second, interface, 2, rule) + " ]");
  };
  CHECK(short_form(load(two("192.0.2.100/24", "203.0.113.100/24", "eth1"), "t").diagnostics) == "");
  const auto refused = [](const std::string& text) {
    return short_form(load(text, "t").diagnostics).find("no node has its address in the network") != std::string::npos;
  };
  CHECK(refused(two("192.0.2.100/24", "203.0.113.100/24", "eth0")));
  CHECK(refused(two("192.0.20.100/24", "203.0.113.100/24", "eth1")));
}
