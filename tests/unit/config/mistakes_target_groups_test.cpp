// Mistakes in target groups and backends: one row each, with exactly what the operator reads.
#include "support.hpp"

using namespace tandem::config;

TEST_CASE("target groups") {
  check({
      {"unknown algorithm",
       group(R"("algorithm": "leastconn")"),
       "3:14: target_groups[0].algorithm: must be one of \"p2c\", \"round_robin\", "
       "\"least_connections\", \"random\", \"consistent_hash\", \"maglev\", \"peak_ewma\", not "
       "\"leastconn\""},
      {"nearly known algorithm",
       group(R"("algorithm": "least_connection")"),
       "3:14: target_groups[0].algorithm: must be one of \"p2c\", \"round_robin\", "
       "\"least_connections\", \"random\", \"consistent_hash\", \"maglev\", \"peak_ewma\", not "
       "\"least_connection\" (did you mean \"least_connections\"?)"},
      {"hash key of an algorithm that does not hash",
       group(R"("hash_key": "source_address")"),
       "3:13: target_groups[0].hash_key: the algorithm p2c does not hash (hash_key belongs to "
       "consistent_hash and maglev)"},
      {"unknown hash key",
       group(R"("algorithm": "maglev", "hash_key": "cookie")"),
       "3:36: target_groups[0].hash_key: must be \"source_address\", not \"cookie\""},
      {"no backends",
       group(R"("protocol": "http", "sticky": { "type": "cookie", "max_entries": 5 })"),
       "3:66: target_groups[0].sticky.max_entries: only stickiness of type source has this"},
      {"name of a source table",
       group(R"("sticky": { "type": "source", "name": "X" })"),
       "3:39: target_groups[0].sticky.name: only stickiness of type cookie has this"},
      {"cookie name",
       group(R"("sticky": { "name": "a b" })"),
       "3:21: target_groups[0].sticky.name: \"a b\" is not a valid cookie name"},
      {"cookie in a tcp group",
       group(R"("protocol": "tcp", "sticky": { "ttl": "1h" })"),
       "3:30: target_groups[0].sticky: a tcp target group has no cookies (use \"type\": "
       "\"source\")"},
      {"unknown health check type",
       group(R"("health_check": { "type": "htpp", "path": "/x" })"),
       "3:27: target_groups[0].health_check.type: must be one of \"tcp\", \"http\", \"tls\", "
       "\"grpc\", not \"htpp\" (did you mean \"http\"?)"},
      {"http keys of a tcp check",
       group(R"("health_check": { "path": "/x", "expect_status": 200 })"),
       "3:27: target_groups[0].health_check.path: only a health check of type http has this\n"
       "3:50: target_groups[0].health_check.expect_status: only a health check of type http has "
       "this"},
      {"check path",
       group(R"("health_check": { "type": "http", "path": "ready" })"),
       "3:43: target_groups[0].health_check.path: the path \"ready\" must begin with / and have "
       "no blanks"},
      {"check path with a blank",
       group(R"("health_check": { "type": "http", "path": "/a HTTP/1.1" })"),
       "3:43: target_groups[0].health_check.path: the path \"/a HTTP/1.1\" must begin with / and "
       "have no blanks"},
      {"check host",
       group(R"("health_check": { "type": "http", "host": "a b" })"),
       "3:43: target_groups[0].health_check.host: \"a b\" is not a host name"},
      {"status range backwards",
       group(R"("health_check": { "type": "http", "expect_status": "299-200" })"),
       "3:52: target_groups[0].health_check.expect_status: must be HTTP status codes from 100 to "
       "599: 200, \"200-299\" or \"200,204\", not \"299-200\""},
      {"status out of range",
       group(R"("health_check": { "type": "http", "expect_status": "200-700" })"),
       "3:52: target_groups[0].health_check.expect_status: must be HTTP status codes from 100 to "
       "599: 200, \"200-299\" or \"200,204\", not \"200-700\""},
      {"status list with a hole",
       group(R"("health_check": { "type": "http", "expect_status": "200,,204" })"),
       "3:52: target_groups[0].health_check.expect_status: must be HTTP status codes from 100 to "
       "599: 200, \"200-299\" or \"200,204\", not \"200,,204\""},
      {"status number",
       group(R"("health_check": { "type": "http", "expect_status": 42 })"),
       "3:52: target_groups[0].health_check.expect_status: must be HTTP status codes from 100 to "
       "599: 200, \"200-299\" or \"200,204\", not 42"},
      {"timeout longer than the interval",
       group(R"("health_check": { "interval": "1s", "timeout": "2s" })"),
       "3:48: target_groups[0].health_check.timeout: the timeout 2s is longer than the interval "
       "1s"},
      {"transition interval longer than the interval",
       group(R"("health_check": { "interval": "1s", "transition_interval": "2s" })"),
       "3:60: target_groups[0].health_check.transition_interval: the transition interval 2s is "
       "longer than the interval 1s"},
      {"threshold",
       group(R"("health_check": { "healthy_threshold": 0 })"),
       "3:40: target_groups[0].health_check.healthy_threshold: must be a whole number from 1 to "
       "100, not 0"},
      {"outlier percentage",
       group(R"("outlier_detection": { "max_ejected_percent": 150 })"),
       "3:47: target_groups[0].outlier_detection.max_ejected_percent: must be a whole number "
       "from 0 to 100, not 150"},
      {"kernel forwarding of http",
       group(R"("forwarding": "nat")"),
       "3:15: target_groups[0].forwarding: the kernel forwards tcp and udp, not http"},
      {"proxy header by the kernel",
       group(R"("protocol": "tcp", "forwarding": "dsr", "proxy_protocol": "v2")"),
       "3:59: target_groups[0].proxy_protocol: packets that the kernel forwards cannot carry a "
       "proxy header (backends see the client's address anyway)"},
      {"proxy header v1 on udp",
       group(R"("protocol": "udp", "proxy_protocol": "v1")"),
       "3:38: target_groups[0].proxy_protocol: v1 exists only for tcp (use \"v2\")"},
  });
}

TEST_CASE("backends") {
  check({
      {"none",
       root(R"("target_groups": [ { "name": "g", "backends": [] } ])"),
       "3:47: target_groups[0].backends: needs at least 1 item"},
      {"host name",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "app:80" } ] } ])"),
       "3:75: target_groups[0].backends[0].address: must be an IP address and a port from 1 to "
       "65535, like \"192.0.2.1:8080\" or \"[2001:db8::1]:8080\", not \"app:80\""},
      {"no port",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1" } ] } ])"),
       "3:75: target_groups[0].backends[0].address: must be an IP address and a port from 1 to "
       "65535, like \"192.0.2.1:8080\" or \"[2001:db8::1]:8080\", not \"10.0.0.1\""},
      {"port 0",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:0" } ] } ])"),
       "3:75: target_groups[0].backends[0].address: must be an IP address and a port from 1 to "
       "65535, like \"192.0.2.1:8080\" or \"[2001:db8::1]:8080\", not \"10.0.0.1:0\""},
      {"port too large",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:65536" } ] } ])"),
       "3:75: target_groups[0].backends[0].address: must be an IP address and a port from 1 to "
       "65535, like \"192.0.2.1:8080\" or \"[2001:db8::1]:8080\", not \"10.0.0.1:65536\""},
      {"any address",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "0.0.0.0:80" } ] } ])"),
       "3:75: target_groups[0].backends[0].address: 0.0.0.0:80 is not the address of a backend"},
      {"weight",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:1", "weight": 1001 } ] } ])"),
       "3:99: target_groups[0].backends[0].weight: must be a whole number from 0 to 1000, not "
       "1001"},
      {"name",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b 1", "address": "10.0.0.1:1" } ] } ])"),
       "3:59: target_groups[0].backends[0].name: must be a name of 1 to 64 letters, digits, "
       "dots, dashes or underscores, not \"b 1\""},
      {"same name",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:1" },
 { "name": "b", "address": "10.0.0.2:1" } ] } ])"),
       "4:12: target_groups[0].backends[1].name: duplicate backend name \"b\" (first at line 3)"},
      {"same address",
       root(R"("target_groups": [ { "name": "g", "backends": [ { "name": "a", "address": "10.0.0.1:1" },
 { "name": "b", "address": "10.0.0.1:1" } ] } ])"),
       "4:28: target_groups[0].backends[1].address: duplicate backend address 10.0.0.1:1 (first "
       "at line 3)"},
  });
}
