#include "common/config/manual.hpp"

#include <array>

namespace tandem::config {
namespace {

constexpr std::array root_manual{
    KeyManual{"$schema", "", R"("file:///usr/share/tandem/tandem.schema.json")",
              "The daemons ignore it."},
    KeyManual{"version", "", "1", ""},
    KeyManual{"workers", "0", "4", "A change takes a restart of lbd."},
    KeyManual{"engine", R"("auto")", R"("epoll")",
              "auto takes io_uring from Linux 6.15 on, else epoll; io_uring takes it from 6.1 on, where a waiting worker "
              "looks as if it waited for I/O; lbctl status shows which it is. "
              "A change takes a restart of lbd."},
    KeyManual{"cluster", "", R"({ "name": "shop", "nodes": [ … ] })", ""},
    KeyManual{"virtual_addresses", "[]", "[ … ]",
              "Two of them with different preferred nodes make both nodes carry traffic."},
    KeyManual{"certificates", "[]", "[ … ]", ""},
    KeyManual{"listeners", "[]", "[ … ]", ""},
    KeyManual{"target_groups", "[]", "[ … ]", ""},
    KeyManual{"timeouts", "{}", R"({ "connect": "2s" })", ""},
    KeyManual{"limits", "{}", R"({ "retries": 1 })", ""},
    KeyManual{"admin", "{}", R"({ "metrics_address": "127.0.0.1:9101" })", ""},
    KeyManual{"log", "{}", R"({ "access_log": "stdout" })", ""},
};

constexpr std::array cluster_manual{
    KeyManual{"name", "", R"("shop")", ""},
    KeyManual{"nodes", "", "[ …, … ]", "Exactly two."},
    KeyManual{"sync", "{}", R"({ "port": 5405 })", ""},
    KeyManual{"witnesses", "[]", R"(["192.0.2.1", "192.0.2.53:53"])",
              "A node that reaches none of them is the one that is cut off: it does not take over, and gives up what it "
              "owns if the peer is better off or not heard. Name two or more. "
              "The default gateway is a good one. Neither node itself, nor a floating address."},
    KeyManual{"split_policy", R"("availability")", R"("preferred")",
              "availability: whoever hears nobody owns. preferred: the preferred node only; the address may be down, "
              "but never has two owners."},
};
constexpr std::array node_manual{
    KeyManual{"name", "", R"("lb1")",
              "The host name, whole or up to its first dot: a daemon finds itself by it, unless it is started with --node."},
    KeyManual{"address", "", R"("192.0.2.11")",
              "Adverts come from it, and syncd falls back to it while the link is down."},
    KeyManual{"sync_address", "", R"("198.51.100.1")",
              "May be the same as address where there is no dedicated link."},
};
constexpr std::array sync_manual{
    KeyManual{"port", "5405", "5405", ""},
    KeyManual{"key_file", R"("/etc/tandem/cluster.key")", R"("/etc/tandem/cluster.key")",
              "The same content on both nodes, readable by nobody but root and the daemons. "
              "lbctl init makes it."},
};

constexpr std::array virtual_address_manual{
    KeyManual{"name", "", R"("vip-a")", ""},
    KeyManual{"addresses", "", R"(["192.0.2.100/24"])", "They move together."},
    KeyManual{"interface", "", R"("eth0")", "The one with the node's own address on the LAN."},
    KeyManual{"vrid", "", "51", "Other pairs on the same LAN need other ones."},
    KeyManual{"preferred_node", "", R"("lb1")", ""},
    KeyManual{"advert_interval", R"("100ms")", R"("100ms")",
              "A dead node is noticed after three of them. The same on both nodes."},
    KeyManual{"preempt", "true", "false", ""},
    KeyManual{"preempt_delay", R"("0s")", R"("5s")", ""},
    KeyManual{"version", "3", "3", ""},
    KeyManual{"checksum", R"("auto")", R"("rfc9568")",
              "rfc9568 has no pseudo-header, rfc5798 has one; both are understood from others."},
    KeyManual{"unicast", "false", "true", "For networks that do not carry multicast: most clouds."},
    KeyManual{"foreign", "false", "true",
              "The other node of the cluster is then that router; this one preempts without syncd's consent. "
              "keepalived needs vrrp_version 3, and unicast_ttl 255 for unicast on IPv6."},
    KeyManual{"priority", "", "200", "Without it 253 on the preferred node, else 252."},
    KeyManual{"sync_group", "", R"("edge")",
              "They move together, on whatever interfaces; a node that lacks the interface or a tracked condition of one "
              "is fit for none."},
    KeyManual{"track", "[]", R"([{ "interface": "eth1" }, { "route": "0.0.0.0/0", "weight": 10 }])", ""},
    KeyManual{"hook", "", R"(["/usr/local/bin/moved"])",
              "Without a shell, privileges or a terminal; name, state and cause follow its arguments."},
    KeyManual{"hook_timeout", R"("10s")", R"("30s")", ""},
    KeyManual{"virtual_mac", "false", "true",
              "Switches of virtual machines often refuse frames from an address that they did not give out."},
    KeyManual{"authentication", "", "false",
              "On between nodes of a cluster, off beside a foreign router and in version 2. The same on both nodes."},
};
constexpr std::array track_manual{
    KeyManual{"interface", "", R"("eth1")", ""},
    KeyManual{"route", "", R"("0.0.0.0/0")", "The default route, as here, or any other."},
    KeyManual{"witness", "", R"("192.0.2.1")", ""},
    KeyManual{"file", "", R"("/run/shop/ready")", ""},
    KeyManual{"script", "", R"(["/usr/local/bin/is-well", "--fast"])", "Without a shell and privileges."},
    KeyManual{"weight", "0", "10", "An own node's priority is 253 or 252: any weight from 2 on moves the address."},
    KeyManual{"interval", R"("1s")", R"("5s")", "Interfaces and routes are noticed at once."},
    KeyManual{"timeout", R"("1s")", R"("500ms")", "At most interval."},
    KeyManual{"unhealthy_threshold", "3", "2", "Of witnesses, files and scripts."},
    KeyManual{"healthy_threshold", "2", "1", "Of witnesses, files and scripts."},
};

constexpr std::array certificate_manual{
    KeyManual{"name", "", R"("shop")", ""},
    KeyManual{"cert_file", "", R"("/etc/tandem/tls/shop.crt")", "The server's certificate first."},
    KeyManual{"key_file", "", R"("/etc/tandem/tls/shop.key")", ""},
};

constexpr std::array listener_manual{
    KeyManual{"name", "", R"("web")", ""},
    KeyManual{"protocol", R"("http")", R"("http")", ""},
    KeyManual{"address", R"("*")", R"("192.0.2.100")",
              "A floating address is possible: its owner serves it."},
    KeyManual{"port", "", "80", ""},
    KeyManual{"certificates", "[]", R"(["shop"])", ""},
    KeyManual{"http2", "false", "true", ""},
    KeyManual{"trusted_proxies", "[]", R"(["203.0.113.0/24"])",
              "X-Forwarded-* of everybody else is replaced."},
    KeyManual{"request_headers", "{}", R"({ "set": { "X-Edge": "tandem" } })", ""},
    KeyManual{"response_headers", "{}", R"({ "remove": ["Server"] })", ""},
    KeyManual{"rules", "[]", "[ … ]", ""},
    KeyManual{"default_target_group", "", R"("shop")",
              "Needed, unless a last rule without conditions takes the rest."},
};
constexpr std::array header_edits_manual{
    KeyManual{"set", "{}", R"({ "X-Edge": "tandem" })", ""},
    KeyManual{"add", "{}", R"({ "Vary": "Origin" })", ""},
    KeyManual{"remove", "[]", R"(["X-Internal"])", "Removal comes first, then set, then add."},
};
constexpr std::array rule_manual{
    KeyManual{"name", "", R"("api")", ""},
    KeyManual{"priority", "", "10", ""},
    KeyManual{"conditions", "[]", R"([ { "path": ["/api/*"] } ])", "None: every request matches."},
    KeyManual{"target_group", "", R"("api")", ""},
    KeyManual{"target_groups", "", R"([ { "name": "api", "weight": 95 } ])", ""},
    KeyManual{"redirect", "", R"({ "scheme": "https", "status": 308 })", ""},
};
constexpr std::array condition_manual{
    KeyManual{"host", "", R"(["shop.example.com", "*.example.net"])", ""},
    KeyManual{"path", "", R"(["/api/*"])", ""},
    KeyManual{"method", "", R"(["GET", "HEAD"])", ""},
    KeyManual{"header", "", R"({ "name": "X-Canary", "values": ["true"] })", ""},
    KeyManual{"query", "", R"({ "name": "version", "values": ["2"] })", ""},
    KeyManual{"cookie", "", R"({ "name": "tester", "values": ["1"] })", ""},
    KeyManual{"source", "", R"(["192.0.2.0/24"])", ""},
};
constexpr std::array named_condition_manual{
    KeyManual{"name", "", R"("X-Canary")", ""},
    KeyManual{"values", "", R"(["true", "yes"])", ""},
};
constexpr std::array redirect_manual{
    KeyManual{"scheme", "", R"("https")", "Absent: that of the request."},
    KeyManual{"host", "", R"("shop.example.com")", "Absent: that of the request."},
    KeyManual{"port", "", "8443", ""},
    KeyManual{"path", "", R"("/moved")", "Absent: those of the request."},
    KeyManual{"status", "301", "308", ""},
};
constexpr std::array weighted_target_group_manual{
    KeyManual{"name", "", R"("api-next")", ""},
    KeyManual{"weight", "1", "5", ""},
};

constexpr std::array target_group_manual{
    KeyManual{"name", "", R"("shop")", ""},
    KeyManual{"protocol", R"("http")", R"("tcp")", ""},
    KeyManual{"algorithm", R"("p2c")", R"("least_connections")",
              "p2c takes the less busy of two random backends."},
    KeyManual{"hash_key", "", R"("source_address")", ""},
    KeyManual{"forwarding", R"("proxy")", R"("proxy")", ""},
    KeyManual{"proxy_protocol", R"("none")", R"("v2")", ""},
    KeyManual{"backends", "", R"([ { "name": "s1", "address": "192.0.2.21:8080" } ])", ""},
    KeyManual{"health_check", "{}", R"({ "type": "http", "path": "/ready" })", ""},
    KeyManual{"outlier_detection", "", R"({ "consecutive_errors": 5 })", ""},
    KeyManual{"sticky", "", R"({ "type": "cookie", "ttl": "1h" })", ""},
    KeyManual{"drain_timeout", R"("30s")", R"("1m")", ""},
    KeyManual{"slow_start", R"("0s")", R"("30s")", ""},
};
constexpr std::array backend_manual{
    KeyManual{"name", "", R"("s1")", "Called GROUP/NAME in lbctl, logs and metrics."},
    KeyManual{"address", "", R"("192.0.2.21:8080")", ""},
    KeyManual{"weight", "1", "2", "lbctl weight overrides it."},
    KeyManual{"max_connections", "0", "500", ""},
};
constexpr std::array health_check_manual{
    KeyManual{"type", R"("tcp")", R"("http")", ""},
    KeyManual{"path", R"("/")", R"("/ready")", ""},
    KeyManual{"host", "", R"("shop.example.com")", ""},
    KeyManual{"expect_status", R"("200-299")", R"("200,204")", ""},
    KeyManual{"interval", R"("2s")", R"("1s")", ""},
    KeyManual{"transition_interval", R"("500ms")", R"("200ms")", "At most interval."},
    KeyManual{"timeout", R"("1s")", R"("500ms")", "At most interval."},
    KeyManual{"unhealthy_threshold", "3", "2", ""},
    KeyManual{"healthy_threshold", "2", "1", ""},
};
constexpr std::array outlier_detection_manual{
    KeyManual{"consecutive_errors", "5", "10", ""},
    KeyManual{"base_ejection", R"("30s")", R"("1m")", ""},
    KeyManual{"max_ejected_percent", "33", "50", ""},
};
constexpr std::array sticky_manual{
    KeyManual{"type", R"("cookie")", R"("source")",
              "A cookie survives everything; bindings of addresses are replicated to the peer."},
    KeyManual{"name", R"("TANDEM")", R"("SHOP")", ""},
    KeyManual{"ttl", R"("1h")", R"("30m")", ""},
    KeyManual{"max_entries", "100000", "10000", ""},
};

constexpr std::array timeouts_manual{
    KeyManual{"connect", R"("5s")", R"("2s")", ""},
    KeyManual{"request_head", R"("10s")", R"("5s")", "From its first byte; then 408."},
    KeyManual{"body_idle", R"("30s")", R"("1m")", ""},
    KeyManual{"keep_alive", R"("60s")", R"("15s")", ""},
    KeyManual{"backend_first_byte", R"("60s")", R"("30s")", "Then 504."},
    KeyManual{"tunnel_idle", R"("1h")", R"("10m")", "WebSocket, for example."},
    KeyManual{"tcp_idle", R"("1h")", R"("10m")", ""},
    KeyManual{"drain", R"("30s")", R"("1m")", ""},
};
constexpr std::array limits_manual{
    KeyManual{"max_connections", "0", "20000", "For each node. More are refused with 503, and counted."},
    KeyManual{"head_bytes", R"("64KiB")", R"("32KiB")", "A larger one is refused."},
    KeyManual{"header_fields", "100", "200", ""},
    KeyManual{"min_body_rate", "500", "1000", "Averaged over timeouts.body_idle."},
    KeyManual{"retries", "2", "1", "Only of what is safe to repeat."},
    KeyManual{"retry_budget_percent", "20", "10", ""},
};
constexpr std::array admin_manual{
    KeyManual{"metrics_address", "", R"("127.0.0.1:9101")",
              "Absent: only on the control socket of lbd."},
};
constexpr std::array log_manual{
    KeyManual{"access_log", R"("")", R"("/var/log/tandem/access.log")",
              "SIGHUP opens the file anew."},
};

struct ObjectManual {
  const ObjectSpec* object;
  std::span<const KeyManual> keys;
};

constexpr ObjectManual manuals[] = {
    {&root_object, root_manual},
    {&cluster_object, cluster_manual},
    {&node_object, node_manual},
    {&sync_object, sync_manual},
    {&virtual_address_object, virtual_address_manual},
    {&track_object, track_manual},
    {&certificate_object, certificate_manual},
    {&listener_object, listener_manual},
    {&header_edits_object, header_edits_manual},
    {&rule_object, rule_manual},
    {&condition_object, condition_manual},
    {&named_condition_object, named_condition_manual},
    {&redirect_object, redirect_manual},
    {&weighted_target_group_object, weighted_target_group_manual},
    {&target_group_object, target_group_manual},
    {&backend_object, backend_manual},
    {&health_check_object, health_check_manual},
    {&outlier_detection_object, outlier_detection_manual},
    {&sticky_object, sticky_manual},
    {&timeouts_object, timeouts_manual},
    {&limits_object, limits_manual},
    {&admin_object, admin_manual},
    {&log_object, log_manual},
};

}  // namespace

std::span<const KeyManual> manual_of(const ObjectSpec& object) {
  for (const ObjectManual& manual : manuals) {
    if (manual.object == &object) return manual.keys;
  }
  return {};
}

const KeyManual* manual_of(const ObjectSpec& object, std::string_view key) {
  for (const KeyManual& manual : manual_of(object)) {
    if (manual.key == key) return &manual;
  }
  return nullptr;
}

}  // namespace tandem::config
