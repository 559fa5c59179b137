// Mistakes in single values: one row each, with exactly what the operator reads.
#include "support.hpp"

using namespace tandem::config;

TEST_CASE("unknown keys name the nearest known one") {
  check({
      {"misspelt",
       root(R"("listners": [])"),
       "3:1: listners: unknown key \"listners\" (did you mean \"listeners\"?)"},
      {"other case",
       root(R"("Workers": 1)"),
       "3:1: Workers: unknown key \"Workers\" (did you mean \"workers\"?)"},
      {"singular",
       root(R"("listener": [])"),
       "3:1: listener: unknown key \"listener\" (did you mean \"listeners\"?)"},
      {"nothing near",
       root(R"("frontend": [])"),
       "3:1: frontend: unknown key \"frontend\" (the configuration has: version, workers, "
       "engine, cluster, virtual_addresses, certificates, listeners, target_groups, timeouts, "
       "limits, admin, log)"},
      {"control characters",
       root(R"("a\nb": 1)"),
       "3:1: a\\x0ab: unknown key \"a\\x0ab\" (the configuration has: version, workers, engine, "
       "cluster, virtual_addresses, certificates, listeners, target_groups, timeouts, limits, admin, log)"},
      {"deep inside",
       root(R"("timeouts": { "conect": "5s" })"),
       "3:15: timeouts.conect: unknown key \"conect\" (did you mean \"connect\"?)"},
      {"a key of another object",
       root(R"("limits": { "connect": "5s" })"),
       "3:13: limits.connect: unknown key \"connect\" (limits has: max_connections, head_bytes, "
       "header_fields, min_body_rate, retries, retry_budget_percent)"},
      {"a required key: not reported as missing too",
       root(R"("certificates": [ { "nmae": "x", "cert_file": "c", "key_file": "k" } ])"),
       "3:21: certificates[0].nmae: unknown key \"nmae\" (did you mean \"name\"?)"},
      {"a section: no references are followed",
       root(R"("listeners": [ { "name": "l", "port": 80, "default_target_group": "g" } ], "target_group": [])"),
       "3:76: target_group: unknown key \"target_group\" (did you mean \"target_groups\"?)"},
      {"a section: nothing is built on it",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1" } ], "clutser": {})"),
       "3:132: clutser: unknown key \"clutser\" (did you mean \"cluster\"?)"},
      {"a key that is there too",
       root(R"("target_groups": [ { "name": "g", "nmae": "h", "backends": [] } ])"),
       "3:35: target_groups[0].nmae: unknown key \"nmae\" (did you mean \"name\"?)\n"
       "3:60: target_groups[0].backends: needs at least 1 item"},
      {"several at once, in document order",
       root(R"("wrokers": 1, "log": { "acess_log": "x" }, "amdin": {})"),
       "3:1: wrokers: unknown key \"wrokers\" (did you mean \"workers\"?)\n"
       "3:24: log.acess_log: unknown key \"acess_log\" (did you mean \"access_log\"?)\n"
       "3:44: amdin: unknown key \"amdin\" (did you mean \"admin\"?)"},
  });
}

TEST_CASE("missing keys are reported at their object") {
  check({
      {"version",
       R"({ "workers": 1 })",
       "1:1: version: the configuration needs \"version\" (1)"},
      {"all of a node",
       R"({ "version": 1, "cluster": { "name": "c",
 "nodes": [ {} ] } })",
       "2:11: cluster.nodes: a cluster has exactly 2 nodes, not 1\n"
       "2:13: cluster.nodes[0].name: a node needs \"name\" (a name of 1 to 64 letters, digits, "
       "dots, dashes or underscores)\n"
       "2:13: cluster.nodes[0].address: a node needs \"address\" (an IP address, like "
       "\"192.0.2.1\" or \"2001:db8::1\")\n"
       "2:13: cluster.nodes[0].sync_address: a node needs \"sync_address\" (an IP address, like "
       "\"192.0.2.1\" or \"2001:db8::1\")"},
      {"of a backend",
       R"({ "version": 1, "target_groups": [ { "name": "g",
 "backends": [ { "name": "b" } ] } ] })",
       "2:16: target_groups[0].backends[0].address: a backend needs \"address\" (an IP address "
       "and a port from 1 to 65535, like \"192.0.2.1:8080\" or \"[2001:db8::1]:8080\")"},
      {"of a condition",
       R"({ "version": 1, "listeners": [ { "name": "l", "port": 80, "default_target_group": "g", "rules": [
{ "name": "r", "priority": 1,
"target_group": "g", "conditions": [ { "header": { "values": "x" } } ]
} ] } ],
"target_groups": [ { "name": "g", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ] } ] })",
       "3:50: listeners[0].rules[0].conditions[0].header.name: a named condition needs \"name\" "
       "(a text of 1 to 256 bytes)"},
  });
}

TEST_CASE("wrong types") {
  check({
      {"text for a number",
       root(R"("workers": "four")"),
       "3:12: workers: must be a whole number from 0 to 256, not \"four\""},
      {"quoted number",
       root(R"("workers": "4")"),
       "3:12: workers: must be a whole number from 0 to 256, not \"4\" (remove the quotes)"},
      {"fraction",
       root(R"("workers": 1.5)"),
       "3:12: workers: must be a whole number from 0 to 256, not a fraction or a huge number"},
      {"negative",
       root(R"("workers": -1)"),
       "3:12: workers: must be a whole number from 0 to 256, not -1"},
      {"too large",
       root(R"("workers": 257)"),
       "3:12: workers: must be a whole number from 0 to 256, not 257"},
      {"beyond 64 bits",
       root(R"("workers": 99999999999999999999)"),
       "3:12: workers: must be a whole number from 0 to 256, not a fraction or a huge number"},
      {"just beyond the signed 64 bits",
       root(R"("workers": 9223372036854775808)"),
       "3:12: workers: must be a whole number from 0 to 256, not 9223372036854775807"},
      {"null",
       root(R"("workers": null)"),
       "3:12: workers: must be a whole number from 0 to 256, not null"},
      {"list for a number",
       root(R"("workers": [1])"),
       "3:12: workers: must be a whole number from 0 to 256, not a list"},
      {"object for a list",
       root(R"("listeners": {})"),
       "3:14: listeners: must be a list [...], not an object"},
      {"text for an object",
       root(R"("cluster": "edge")"),
       "3:12: cluster: a cluster must be an object {...}, not a text"},
      {"list for an object",
       root(R"("timeouts": ["5s"])"),
       "3:13: timeouts: timeouts must be an object {...}, not a list"},
      {"number for a text",
       root(R"("log": { "access_log": 1 })"),
       "3:24: log.access_log: must be a text of 0 to 4096 bytes, not 1"},
      {"control character in a text",
       root(R"("log": { "access_log": "a\u0000b" })"),
       "3:24: log.access_log: \"a\\x00b\" holds control characters"},
      {"a wrong version",
       root(R"("version": 2)"),
       "3:1: version: the key \"version\" stands twice in this object (first at line 1)"},
      {"items of the wrong type",
       root(R"("certificates": [ 1, "x" ])"),
       "3:19: certificates[0]: a certificate must be an object {...}, not a number\n"
       "3:22: certificates[1]: a certificate must be an object {...}, not a text"},
  });
}

TEST_CASE("durations and sizes") {
  check({
      {"number for a duration",
       root(R"("timeouts": { "connect": 5 })"),
       "3:26: timeouts.connect: must be a duration from 10ms to 10m, not 5 (write it as a text "
       "with a unit: ms, s, m, h or d)"},
      {"no unit",
       root(R"("timeouts": { "connect": "5" })"),
       "3:26: timeouts.connect: \"5\" has no unit (one of ms, s, m, h, d)"},
      {"unknown unit",
       root(R"("timeouts": { "connect": "5sec" })"),
       "3:26: timeouts.connect: unknown unit in \"5sec\": it must be one of ms, s, m, h, d"},
      {"microseconds",
       root(R"("timeouts": { "connect": "5us" })"),
       "3:26: timeouts.connect: unknown unit in \"5us\": it must be one of ms, s, m, h, d"},
      {"fraction",
       root(R"("timeouts": { "connect": "1.5s" })"),
       "3:26: timeouts.connect: \"1.5s\" must be a whole number: use a smaller unit"},
      {"negative",
       root(R"("timeouts": { "connect": "-5s" })"),
       "3:26: timeouts.connect: \"-5s\" must be a whole number and a unit, like \"2s\""},
      {"too short",
       root(R"("timeouts": { "connect": "1ms" })"),
       "3:26: timeouts.connect: must be a duration from 10ms to 10m, not \"1ms\""},
      {"too long",
       root(R"("timeouts": { "connect": "1h" })"),
       "3:26: timeouts.connect: must be a duration from 10ms to 10m, not \"1h\""},
      {"huge",
       root(R"("timeouts": { "connect": "9223372036854775807d" })"),
       "3:26: timeouts.connect: \"9223372036854775807d\" is too large"},
      {"boolean",
       root(R"("timeouts": { "connect": true })"),
       "3:26: timeouts.connect: must be a duration from 10ms to 10m, not true"},
      {"size without unit",
       root(R"("limits": { "head_bytes": "65536" })"),
       "3:27: limits.head_bytes: \"65536\" has no unit (one of B, KiB, MiB, GiB)"},
      {"decimal size",
       root(R"("limits": { "head_bytes": "64KB" })"),
       "3:27: limits.head_bytes: unknown unit in \"64KB\": it must be one of B, KiB, MiB, GiB"},
      {"size too small",
       root(R"("limits": { "head_bytes": "1KiB" })"),
       "3:27: limits.head_bytes: must be a size from 4KiB to 1MiB, not \"1KiB\""},
      {"size as a number, too large",
       root(R"("limits": { "head_bytes": 10000000 })"),
       "3:27: limits.head_bytes: must be a size from 4KiB to 1MiB, not 10000000"},
      {"percentage",
       root(R"("limits": { "retry_budget_percent": 101 })"),
       "3:37: limits.retry_budget_percent: must be a whole number from 0 to 100, not 101"},
  });
}

TEST_CASE("listeners") {
  check({
      {"boolean",
       listener(R"("address": "*", "http2": 1)"),
       "3:26: listeners[0].http2: must be true or false, not 1"},
      {"host name as address",
       listener(R"("address": "localhost")"),
       "3:12: listeners[0].address: must be an IP address, or \"*\" for all, not \"localhost\""},
      {"address with port",
       listener(R"("address": "127.0.0.1:80")"),
       "3:12: listeners[0].address: must be an IP address, or \"*\" for all, not \"127.0.0.1:80\""},
      {"unknown protocol",
       listener(R"("protocol": "htps")"),
       "3:13: listeners[0].protocol: must be one of \"http\", \"https\", \"tcp\", \"tls\", "
       "\"udp\", not \"htps\" (did you mean \"https\"?)"},
      {"trusted proxy",
       listener(R"("trusted_proxies": ["192.0.2.0/33"])"),
       "3:21: listeners[0].trusted_proxies[0]: must be an IP address with prefix length, like "
       "\"192.0.2.1/24\", not \"192.0.2.0/33\""},
      {"certificate name",
       listener(R"("certificates": [5])"),
       "3:17: listeners[0].certificates: an http listener cannot have this, only https and tls "
       "listeners can\n"
       "3:18: listeners[0].certificates[0]: must be a name of 1 to 64 letters, digits, dots, "
       "dashes or underscores, not 5"},
  });
}

TEST_CASE("header edits") {
  check({
      {"invalid name",
       listener(R"("request_headers": { "set": { "X Edge": "1" } })"),
       "3:31: listeners[0].request_headers.set.X Edge: \"X Edge\" is not a valid header name"},
      {"empty name",
       listener(R"("request_headers": { "set": { "": "1" } })"),
       "3:31: listeners[0].request_headers.set.: \"\" is not a valid header name"},
      {"line break in a value",
       listener(R"("request_headers": { "set": { "X-Edge": "a\r\nb: c" } })"),
       "3:41: listeners[0].request_headers.set.X-Edge: must be a text without line breaks, other "
       "control characters or blanks at its ends"},
      {"NUL in a value",
       listener(R"("response_headers": { "add": { "X-Edge": "a\u0000" } })"),
       "3:42: listeners[0].response_headers.add.X-Edge: must be a text without line breaks, "
       "other control characters or blanks at its ends"},
      {"blank at the end of a value",
       listener(R"("response_headers": { "add": { "X-Edge": "a " } })"),
       "3:42: listeners[0].response_headers.add.X-Edge: must be a text without line breaks, "
       "other control characters or blanks at its ends"},
      {"number as value",
       listener(R"("request_headers": { "set": { "X-Edge": 1 } })"),
       "3:41: listeners[0].request_headers.set.X-Edge: must be a text without line breaks, other "
       "control characters or blanks at its ends"},
      {"list as map",
       listener(R"("request_headers": { "set": ["X-Edge"] })"),
       "3:29: listeners[0].request_headers.set: must be an object of header names and texts, "
       "like {\"X-Edge\": \"tandem\"}"},
      {"text for remove",
       listener(R"("request_headers": { "remove": "X-Edge" })"),
       "3:32: listeners[0].request_headers.remove: must be a list [...], not a text"},
      {"invalid name in remove",
       listener(R"("request_headers": { "remove": ["X-A", "X:B"] })"),
       "3:40: listeners[0].request_headers.remove[1]: \"X:B\" is not a valid header name"},
      {"set Content-Length",
       listener(R"("request_headers": { "set": { "content-length": "3" } })"),
       "3:31: listeners[0].request_headers.set.content-length: the header content-length cannot "
       "be edited (it frames the message, which lbd does itself)"},
      {"add Transfer-Encoding",
       listener(R"("request_headers": { "add": { "Transfer-Encoding": "chunked" } })"),
       "3:31: listeners[0].request_headers.add.Transfer-Encoding: the header Transfer-Encoding "
       "cannot be edited (it frames the message, which lbd does itself)"},
      {"remove Connection",
       listener(R"("response_headers": { "remove": ["Connection"] })"),
       "3:34: listeners[0].response_headers.remove[0]: the header Connection cannot be edited "
       "(it belongs to one connection, which lbd manages)"},
      {"set Upgrade",
       listener(R"("request_headers": { "set": { "Upgrade": "h2c" } })"),
       "3:31: listeners[0].request_headers.set.Upgrade: the header Upgrade cannot be edited (it "
       "belongs to one connection, which lbd manages)"},
      {"set TE",
       listener(R"("request_headers": { "set": { "TE": "trailers" } })"),
       "3:31: listeners[0].request_headers.set.TE: the header TE cannot be edited (it belongs to "
       "one connection, which lbd manages)"},
      {"remove Trailer",
       listener(R"("response_headers": { "remove": ["Trailer"] })"),
       "3:34: listeners[0].response_headers.remove[0]: the header Trailer cannot be edited (it "
       "frames the message, which lbd does itself)"},
      {"set Keep-Alive",
       listener(R"("response_headers": { "set": { "Keep-Alive": "timeout=5" } })"),
       "3:32: listeners[0].response_headers.set.Keep-Alive: the header Keep-Alive cannot be "
       "edited (it belongs to one connection, which lbd manages)"},
      {"remove Host",
       listener(R"("request_headers": { "remove": ["host"] })"),
       "3:33: listeners[0].request_headers.remove[0]: Host can only be set (a request without "
       "exactly one Host is invalid)"},
      {"add Host",
       listener(R"("request_headers": { "add": { "Host": "a" } })"),
       "3:31: listeners[0].request_headers.add.Host: Host can only be set (a request without "
       "exactly one Host is invalid)"},
      {"set twice",
       listener(R"("request_headers": { "set": { "X-Edge": "1", "x-edge": "2" } })"),
       "3:46: listeners[0].request_headers.set.x-edge: the header \"x-edge\" is set twice "
       "(header names have no case)"},
  });
}

TEST_CASE("rules, conditions and redirects") {
  check({
      {"no action",
       rule(R"("conditions": [])"),
       "2:1: listeners[0].rules[0]: a rule needs a target_group, target_groups or a redirect"},
      {"two actions",
       rule(R"("target_group": "g", "redirect": { "scheme": "https" })"),
       "2:1: listeners[0].rules[0]: a rule has only one of target_group, target_groups and "
       "redirect"},
      {"three actions",
       rule(R"("target_group": "g", "target_groups": [ { "name": "g" } ], "redirect": { "port": 1 })"),
       "2:1: listeners[0].rules[0]: a rule has only one of target_group, target_groups and "
       "redirect"},
      {"empty target_groups",
       rule(R"("target_groups": [])"),
       "3:18: listeners[0].rules[0].target_groups: needs at least 1 item"},
      {"unknown condition",
       rule(R"("target_group": "g", "conditions": [ { "hots": "a" } ])"),
       "3:40: listeners[0].rules[0].conditions[0].hots: unknown key \"hots\" (did you mean "
       "\"host\"?)"},
      {"misspelt action",
       rule(R"("traget_group": "g")"),
       "3:1: listeners[0].rules[0].traget_group: unknown key \"traget_group\" (did you mean "
       "\"target_group\"?)"},
      {"empty condition",
       rule(R"("target_group": "g", "conditions": [ {} ])"),
       "3:38: listeners[0].rules[0].conditions[0]: a condition has exactly one of: host, path, "
       "method, header, query, cookie, source"},
      {"two kinds in one condition",
       rule(R"("target_group": "g", "conditions": [ { "host": "a", "path": "/" } ])"),
       "3:38: listeners[0].rules[0].conditions[0]: a condition has exactly one of: host, path, "
       "method, header, query, cookie, source (write several conditions; all of them must hold)"},
      {"condition without values",
       rule(R"("target_group": "g", "conditions": [ { "path": [] } ])"),
       "3:48: listeners[0].rules[0].conditions[0].path: needs at least 1 item"},
      {"path without slash",
       rule(R"("target_group": "g", "conditions": [ { "path": ["/a", "b"] } ])"),
       "3:55: listeners[0].rules[0].conditions[0].path[1]: the path \"b\" must begin with / or *"},
      {"host with port",
       rule(R"("target_group": "g", "conditions": [ { "host": "a:80" } ])"),
       "3:48: listeners[0].rules[0].conditions[0].host: \"a:80\" is not a host name (without "
       "scheme, port and path)"},
      {"invalid method",
       rule(R"("target_group": "g", "conditions": [ { "method": "GE T" } ])"),
       "3:50: listeners[0].rules[0].conditions[0].method: \"GE T\" is not a valid method"},
      {"source that is none",
       rule(R"("target_group": "g", "conditions": [ { "source": ["10.0.0.0/8", "lan"] } ])"),
       "3:65: listeners[0].rules[0].conditions[0].source[1]: must be an IP address with prefix "
       "length, like \"192.0.2.1/24\", not \"lan\""},
      {"header name",
       rule(R"("target_group": "g", "conditions": [ { "header": { "name": "X Y", "values": "a" } } ])"),
       "3:60: listeners[0].rules[0].conditions[0].header.name: \"X Y\" is not a valid header name"},
      {"cookie name",
       rule(R"("target_group": "g", "conditions": [ { "cookie": { "name": "a=b", "values": "a" } } ])"),
       "3:60: listeners[0].rules[0].conditions[0].cookie.name: \"a=b\" is not a valid cookie name"},
      {"number as value",
       rule(R"("target_group": "g", "conditions": [ { "query": { "name": "v", "values": [1] } } ])"),
       "3:75: listeners[0].rules[0].conditions[0].query.values[0]: must be a text of 0 to 4096 "
       "bytes, not 1"},
      {"condition that is a text",
       rule(R"("target_group": "g", "conditions": [ "/api" ])"),
       "3:38: listeners[0].rules[0].conditions[0]: a condition must be an object {...}, not a "
       "text"},
      {"redirect changes nothing",
       rule(R"("redirect": { "status": 308 })"),
       "3:13: listeners[0].rules[0].redirect: a redirect must change something (scheme, host, "
       "port or path)"},
      {"redirect to itself",
       rule(R"("redirect": { "scheme": "http" })"),
       "3:13: listeners[0].rules[0].redirect: this redirects requests to where they came from"},
      {"redirect status",
       rule(R"("redirect": { "host": "a", "status": 200 })"),
       "3:38: listeners[0].rules[0].redirect.status: must be one of 301, 302, 303, 307, 308, not "
       "200"},
      {"redirect status as text",
       rule(R"("redirect": { "host": "a", "status": "301" })"),
       "3:38: listeners[0].rules[0].redirect.status: must be one of 301, 302, 303, 307, 308, not "
       "\"301\" (remove the quotes)"},
      {"redirect scheme",
       rule(R"("redirect": { "scheme": "ftp" })"),
       "3:25: listeners[0].rules[0].redirect.scheme: must be one of \"http\", \"https\", not "
       "\"ftp\""},
      {"redirect path",
       rule(R"("redirect": { "path": "new" })"),
       "3:23: listeners[0].rules[0].redirect.path: the path \"new\" must begin with / and have "
       "no blanks"},
      {"redirect path with a blank",
       rule(R"("redirect": { "path": "/a b" })"),
       "3:23: listeners[0].rules[0].redirect.path: the path \"/a b\" must begin with / and have "
       "no blanks"},
      {"redirect host with port",
       rule(R"("redirect": { "host": "a:8080" })"),
       "3:23: listeners[0].rules[0].redirect.host: \"a:8080\" is not a host name (scheme, port "
       "and path have keys of their own)"},
      {"weight",
       rule(R"("target_groups": [ { "name": "g", "weight": 1001 } ])"),
       "3:45: listeners[0].rules[0].target_groups[0].weight: must be a whole number from 0 to "
       "1000, not 1001"},
      {"all weights 0",
       rule(R"("target_groups": [ { "name": "g", "weight": 0 } ])"),
       "3:18: listeners[0].rules[0].target_groups: all weights are 0: no group would get a "
       "request"},
      {"group twice",
       rule(R"("target_groups": [ { "name": "g" }, { "name": "g" } ])"),
       "3:47: listeners[0].rules[0].target_groups[1].name: \"g\" is listed twice (give it one "
       "weight)"},
      {"unknown group",
       rule(R"("target_group": "gg")"),
       "3:17: listeners[0].rules[0].target_group: unknown target group \"gg\" (did you mean "
       "\"g\"?)"},
      {"unknown weighted group",
       rule(R"("target_groups": [ { "name": "other" } ])"),
       "3:30: listeners[0].rules[0].target_groups[0].name: unknown target group \"other\""},
  });
}
