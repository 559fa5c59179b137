// What is checked but not built yet is refused, never ignored. When a feature is built, its row
// moves to the second table.
#include "support.hpp"

using namespace tandem::config;

namespace {

/// A text without mistakes, and all that is not supported in it.
struct Feature {
  std::string what;
  std::string text;
  std::string expected;
};

void check_features(const std::vector<Feature>& rows) {
  for (const Feature& row : rows) {
    CAPTURE(row.what);
    CAPTURE(row.text);
    const LoadOutcome outcome = load(row.text, "t");
    CHECK(short_form(outcome.diagnostics) == "");
    CHECK(short_form(outcome.unsupported) == row.expected);
    CHECK(outcome.usable() == row.expected.empty());
  }
}

const std::string tls_files =
    R"("certificates": [ { "name": "c", "cert_file": "c.pem", "key_file": "k.pem" } ])";

/// A listener of `protocol` with a target group of `group_protocol`.
std::string pair(const std::string& protocol, const std::string& group_protocol,
                 const std::string& members = "") {
  return root(R"("listeners": [ { "name": "l", "protocol": ")" + protocol +
              R"(", "port": 1, "default_target_group": "g")" + members + R"( } ],
"target_groups": [ { "name": "g", "protocol": ")" + group_protocol +
              R"(", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ] } ],
)" + tls_files);
}

/// A virtual address with `members`.
std::string floating(const std::string& members) {
  return virtual_address(R"("addresses": ["192.0.2.9/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
)" + members);
}

}  // namespace

TEST_CASE("features that are refused") {
  check_features({
      {"https listener", pair("https", "http", R"(, "certificates": ["c"])"),
       "3:43: listeners[0].protocol: not supported yet: https listeners\n"
       "3:108: listeners[0].certificates: not supported yet: certificates"},
      {"tls listener", pair("tls", "tcp"),
       "3:43: listeners[0].protocol: not supported yet: tls listeners"},
      {"udp listener and backends", pair("udp", "udp"),
       "3:43: listeners[0].protocol: not supported yet: udp listeners\n"
       "4:47: target_groups[0].protocol: not supported yet: udp backends"},
      {"HTTP/2", listener(R"("http2": true)"),
       "3:10: listeners[0].http2: not supported yet: HTTP/2"},
      {"https backends", group(R"("protocol": "https")"),
       "3:13: target_groups[0].protocol: not supported yet: https backends"},
      {"tls backends", group(R"("protocol": "tls")"),
       "3:13: target_groups[0].protocol: not supported yet: tls backends"},
      {"consistent_hash", group(R"("algorithm": "consistent_hash", "hash_key": "source_address")"),
       "3:14: target_groups[0].algorithm: not supported yet: the algorithm consistent_hash"},
      {"maglev", group(R"("algorithm": "maglev")"),
       "3:14: target_groups[0].algorithm: not supported yet: the algorithm maglev"},
      {"peak_ewma", group(R"("algorithm": "peak_ewma")"),
       "3:14: target_groups[0].algorithm: not supported yet: the algorithm peak_ewma"},
      {"nat", group(R"("protocol": "tcp", "forwarding": "nat")"),
       "3:34: target_groups[0].forwarding: not supported yet: forwarding by the kernel (nat)"},
      {"dsr", group(R"("protocol": "tcp", "forwarding": "dsr")"),
       "3:34: target_groups[0].forwarding: not supported yet: forwarding by the kernel (dsr)"},
      {"PROXY protocol", group(R"("proxy_protocol": "v1")"),
       "3:19: target_groups[0].proxy_protocol: not supported yet: the PROXY protocol to backends"},
      {"tls health check", group(R"("health_check": { "type": "tls" })"),
       "3:27: target_groups[0].health_check.type: not supported yet: health checks of type tls"},
      {"gRPC health check", group(R"("health_check": { "type": "grpc" })"),
       "3:27: target_groups[0].health_check.type: not supported yet: health checks of type grpc"},
      {"outlier detection", group(R"("outlier_detection": {})"),
       "3:22: target_groups[0].outlier_detection: not supported yet: outlier detection"},
      {"slow start", group(R"("slow_start": "1s")"),
       "3:15: target_groups[0].slow_start: not supported yet: slow start"},
  });
}

TEST_CASE("features that are there, and switches that are off") {
  check_features({
      {"hook", floating(R"("hook": ["/h"])"), ""},
      {"track", floating(R"("track": [ { "witness": "192.0.2.1" }, { "file": "/f" } ])"), ""},
      {"tcp", pair("tcp", "tcp"), ""},
      {"IPv6 virtual address",
       virtual_address(R"("addresses": ["192.0.2.9/24", "2001:db8::1/64"], "interface": "eth0",
"vrid": 1, "preferred_node": "n1")"), ""},
      {"http", pair("http", "http"), ""},
      {"certificates that no listener uses", root(tls_files), ""},
      {"everything off", listener(R"("http2": false)"), ""},
      {"everything off in a group",
       group(R"("forwarding": "proxy", "proxy_protocol": "none", "slow_start": "0s")"), ""},
      {"round_robin", group(R"("algorithm": "round_robin")"), ""},
      {"least_connections", group(R"("algorithm": "least_connections")"), ""},
      {"random", group(R"("algorithm": "random")"), ""},
      {"http check", group(R"("health_check": { "type": "http" })"), ""},
      {"tcp check", group(R"("health_check": { "type": "tcp" })"), ""},
      {"sticky cookie", group(R"("sticky": { "type": "cookie" })"), ""},
      {"sticky source", group(R"("sticky": { "type": "source" })"), ""},
      {"witnesses",
       root(R"("cluster": { "name": "c", "witnesses": ["192.0.2.9"], "split_policy": "preferred", "nodes": [
 { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ] })"),
       ""},
      {"preempt_delay and unicast",
       virtual_address(R"("addresses": ["192.0.2.9/24"], "interface": "eth0", "vrid": 1,
"preferred_node": "n1", "preempt_delay": "5s", "unicast": true)"),
       ""},
      {"redirect", rule(R"("conditions": [ { "host": "a" } ], "redirect": { "scheme": "https" })"),
       ""},
      {"weighted groups", rule(R"("target_groups": [ { "name": "g", "weight": 3 } ])"), ""},
  });
}
