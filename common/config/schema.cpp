#include "common/config/schema.hpp"

#include <array>

#include "common/config/units.hpp"

namespace tandem::config {
namespace {

// ---- builders that let the tables below read like a manual -----------------------------------

constexpr std::int64_t second = 1000;  // durations count milliseconds
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;

constexpr KeySpec key(std::string_view name, ValueType type, std::string_view meaning) {
  KeySpec spec;
  spec.name = name;
  spec.type = type;
  spec.meaning = meaning;
  return spec;
}
constexpr KeySpec ranged(std::string_view name, ValueType type, std::int64_t min, std::int64_t max,
                         std::string_view meaning) {
  KeySpec spec = key(name, type, meaning);
  spec.min = min;
  spec.max = max;
  return spec;
}
constexpr KeySpec boolean(std::string_view name, std::string_view meaning) {
  return key(name, ValueType::boolean, meaning);
}
constexpr KeySpec integer(std::string_view name, std::int64_t min, std::int64_t max,
                          std::string_view meaning) {
  return ranged(name, ValueType::integer, min, max, meaning);
}
constexpr KeySpec duration(std::string_view name, std::int64_t min, std::int64_t max,
                           std::string_view meaning) {
  return ranged(name, ValueType::duration, min, max, meaning);
}
constexpr KeySpec text(std::string_view name, std::int64_t min, std::int64_t max,
                       std::string_view meaning) {
  return ranged(name, ValueType::text, min, max, meaning);
}
constexpr KeySpec choice(std::string_view name, Names choices, std::string_view meaning,
                         ValueType type = ValueType::choice) {
  KeySpec spec = key(name, type, meaning);
  spec.choices = choices;
  return spec;
}
constexpr KeySpec object(std::string_view name, const ObjectSpec& type, std::string_view meaning) {
  KeySpec spec = key(name, ValueType::object, meaning);
  spec.object = &type;
  return spec;
}
constexpr KeySpec required(KeySpec spec) {
  spec.required = true;
  return spec;
}
constexpr KeySpec list(KeySpec spec, std::size_t at_least = 0) {
  spec.list = true;
  spec.at_least = at_least;
  return spec;
}
constexpr KeySpec one_or_more(KeySpec spec) {
  spec.or_single = true;
  return list(spec, 1);
}
constexpr KeySpec unique_name(std::string_view meaning) {
  return required(key("name", ValueType::name, meaning));
}

constexpr std::int64_t longest_text = 4096;
constexpr std::int64_t longest_interface = 15;  // IFNAMSIZ - 1
constexpr std::int64_t most_connections = 10'000'000;

constexpr std::array<std::string_view, 5> redirect_statuses{"301", "302", "303", "307", "308"};
constexpr std::array<std::string_view, 2> redirect_schemes{"http", "https"};
constexpr std::array<std::string_view, 1> hash_keys{"source_address"};

// ---- the tables ------------------------------------------------------------------------------

constexpr std::array root_keys{
    text("$schema", 1, longest_text, "for editors: where the JSON schema of this file is"),
    required(integer("version", 1, 1, "version of the file format")),
    integer("workers", 0, 256, "data path threads; 0: one per core"),
    choice("engine", engine_names, "how they talk to the kernel; auto: io_uring where it is complete"),
    object("cluster", cluster_object, "the pair; without it lbd runs alone"),
    list(object("virtual_addresses", virtual_address_object, "floating addresses")),
    list(object("certificates", certificate_object, "certificates for listeners")),
    list(object("listeners", listener_object, "where clients connect")),
    list(object("target_groups", target_group_object, "where requests go")),
    object("timeouts", timeouts_object, "how long lbd waits"),
    object("limits", limits_object, "how much lbd accepts"),
    object("admin", admin_object, "administration over TCP"),
    object("log", log_object, "where logs go"),
};

constexpr std::array cluster_keys{
    unique_name("name of the pair"),
    required(list(object("nodes", node_object, "the two nodes"))),
    object("sync", sync_object, "the link between the nodes"),
    list(key("witnesses", ValueType::host, "hosts whose answers (to ping, or on a TCP port) prove that the LAN is there")),
    choice("split_policy", split_policy_names, "who owns an address while neither node hears of the other"),
};
constexpr std::array node_keys{
    unique_name("host name of the node"),
    required(key("address", ValueType::address, "the node's own address on the LAN")),
    required(key("sync_address", ValueType::address, "its address on the dedicated link")),
};
constexpr std::array sync_keys{
    integer("port", 1, 65535, "TCP port of syncd"),
    text("key_file", 1, longest_text, "file with the cluster key: 64 hexadecimal characters"),
};

constexpr std::array virtual_address_keys{
    unique_name("name of the virtual router"),
    required(list(key("addresses", ValueType::prefix, "address/prefix length"), 1)),
    required(text("interface", 1, longest_interface, "network interface")),
    required(integer("vrid", 1, 255, "VRRP virtual router id, unique on the interface per family")),
    required(key("preferred_node", ValueType::name, "the node that has it if both are well")),
    duration("advert_interval", 10, 40 * second, "time between adverts; steps of 10ms"),
    boolean("preempt", "the preferred node takes the address back"),
    duration("preempt_delay", 0, hour, "how long it waits before it does"),
    integer("version", 2, 3, "of VRRP; 2 for routers that know nothing newer: IPv4, whole seconds"),
    choice("checksum", checksum_choice_names, "of VRRPv3 on IPv4; auto: as the peer has it"),
    boolean("unicast", "adverts to the peer's address instead of multicast"),
    boolean("foreign", "the other router is no vrrpd of this cluster, but say keepalived"),
    integer("priority", 1, 255, "of this node beside a foreign router; 255: it owns the address"),
    key("sync_group", ValueType::name, "addresses of one group have the same owner always"),
    list(object("track", track_object, "what else the node must have to own the address")),
    list(text("hook", 1, longest_text, "program and arguments, run at each change of the state"), 1),
    duration("hook_timeout", 100, 10 * minute, "then the hook is killed"),
    boolean("virtual_mac", "a link-layer address that moves along (RFC 9568 section 7.3)"),
    boolean("authentication", "adverts carry a proof made with the cluster key"),
};
constexpr std::array track_keys{
    text("interface", 1, longest_interface, "must be up and have a carrier"),
    key("route", ValueType::prefix, "must be in the main routing table"),
    key("witness", ValueType::host, "must answer: to ping, or accept connections on the port"),
    text("file", 1, longest_text, "must exist"),
    list(text("script", 1, longest_text, "program and arguments; must end with code 0"), 1),
    integer("weight", 0, 253, "taken from the priority while it fails; 0: the node may not own the address"),
    duration("interval", 100, hour, "between two looks at a witness, file or script"),
    duration("timeout", 10, 10 * minute, "of a witness or script"),
    integer("unhealthy_threshold", 1, 100, "failures in a row until it fails"),
    integer("healthy_threshold", 1, 100, "successes in a row until it holds again"),
};

constexpr std::array certificate_keys{
    unique_name("name that listeners use"),
    required(text("cert_file", 1, longest_text, "PEM file with the chain")),
    required(text("key_file", 1, longest_text, "PEM file with the private key")),
};

constexpr std::array listener_keys{
    unique_name("name of the listener"),
    choice("protocol", listener_protocol_names, "what clients speak"),
    key("address", ValueType::listen_address, "local address; * for all, both families"),
    required(integer("port", 1, 65535, "local port")),
    list(key("certificates", ValueType::name, "names of certificates, the first is the default")),
    boolean("http2", "offer HTTP/2"),
    list(key("trusted_proxies", ValueType::prefix, "whose X-Forwarded-* is kept and extended")),
    object("request_headers", header_edits_object, "edits of requests to backends"),
    object("response_headers", header_edits_object, "edits of responses to clients"),
    list(object("rules", rule_object, "exceptions from the default, by priority")),
    key("default_target_group", ValueType::name, "where everything else goes"),
};
constexpr std::array header_edits_keys{
    key("set", ValueType::header_map, "replace or create"),
    key("add", ValueType::header_map, "append, whatever is there"),
    list(text("remove", 1, 256, "names to remove")),
};
constexpr std::array rule_keys{
    unique_name("name of the rule"),
    required(integer("priority", 0, 1'000'000, "lowest first, unique in the listener")),
    list(object("conditions", condition_object, "all must hold")),
    key("target_group", ValueType::name, "where matching requests go"),
    list(object("target_groups", weighted_target_group_object, "or: divided by weight"), 1),
    object("redirect", redirect_object, "or: answer with a redirect"),
};
constexpr std::array condition_keys{
    one_or_more(text("host", 1, 255, "host names; * matches any characters")),
    one_or_more(text("path", 1, longest_text, "paths; * matches any characters")),
    one_or_more(text("method", 1, 32, "request methods")),
    object("header", named_condition_object, "a request header"),
    object("query", named_condition_object, "a query parameter"),
    object("cookie", named_condition_object, "a cookie"),
    one_or_more(key("source", ValueType::prefix, "client addresses")),
};
constexpr std::array named_condition_keys{
    required(text("name", 1, 256, "of the header, parameter or cookie")),
    required(one_or_more(text("values", 0, longest_text, "values, any of which matches"))),
};
constexpr std::array redirect_keys{
    choice("scheme", redirect_schemes, "http or https"),
    text("host", 1, 255, "host name"),
    integer("port", 1, 65535, "port"),
    text("path", 1, longest_text, "path and query"),
    choice("status", redirect_statuses, "status code", ValueType::integer),
};
constexpr std::array weighted_target_group_keys{
    unique_name("name of the target group"),
    integer("weight", 0, 1000, "share, relative to the others"),
};

constexpr std::array target_group_keys{
    unique_name("name of the target group"),
    choice("protocol", backend_protocol_names, "what its backends speak"),
    choice("algorithm", algorithm_names, "how a backend is chosen"),
    choice("hash_key", hash_keys, "what consistent_hash and maglev hash"),
    choice("forwarding", forwarding_names, "by lbd, or by the kernel"),
    choice("proxy_protocol", proxy_protocol_names, "announce the client to backends"),
    required(list(object("backends", backend_object, "the servers"), 1)),
    object("health_check", health_check_object, "how lbd knows that they are well"),
    object("outlier_detection", outlier_detection_object, "eject what fails real requests"),
    object("sticky", sticky_object, "keep a client on its backend"),
    duration("drain_timeout", 0, day, "how long a draining backend may finish"),
    duration("slow_start", 0, hour, "time over which a recovered backend gets its full share"),
};
constexpr std::array backend_keys{
    unique_name("name of the backend"),
    required(key("address", ValueType::endpoint, "address:port")),
    integer("weight", 0, 1000, "share, relative to the others; 0: no new traffic"),
    integer("max_connections", 0, most_connections, "connections from this node; 0: no limit"),
};
constexpr std::array health_check_keys{
    choice("type", health_check_type_names, "how to ask"),
    text("path", 1, longest_text, "http: request path"),
    text("host", 1, 255, "http: Host header; default: the backend's address"),
    key("expect_status", ValueType::status_ranges, "http: status codes that mean healthy"),
    duration("interval", 10, hour, "time between checks"),
    duration("transition_interval", 10, hour, "the same while the verdict is changing"),
    duration("timeout", 10, hour, "of one check"),
    integer("unhealthy_threshold", 1, 100, "failures in a row until down"),
    integer("healthy_threshold", 1, 100, "successes in a row until up"),
};
constexpr std::array outlier_detection_keys{
    integer("consecutive_errors", 1, 10'000, "errors in a row until ejected"),
    duration("base_ejection", 100, day, "first ejection; later ones are longer"),
    integer("max_ejected_percent", 0, 100, "share of the group that may be out"),
};
constexpr std::array sticky_keys{
    choice("type", sticky_type_names, "how a client is recognised"),
    text("name", 1, 128, "cookie: its name"),
    duration("ttl", second, 365 * day, "how long without a request it is remembered"),
    integer("max_entries", 1, most_connections, "source: size of the table"),
};

constexpr std::array timeouts_keys{
    duration("connect", 10, 10 * minute, "connecting to a backend"),
    duration("request_head", 100, 10 * minute, "head of a request, in total"),
    duration("body_idle", 100, hour, "without a byte of a body"),
    duration("keep_alive", 0, day, "between two requests of a client"),
    duration("backend_first_byte", 100, day, "until a backend answers"),
    duration("tunnel_idle", second, 30 * day, "upgraded connection without a byte"),
    duration("tcp_idle", second, 30 * day, "tcp connection without a byte"),
    duration("drain", 0, day, "open connections may finish at shutdown"),
};
constexpr std::array limits_keys{
    integer("max_connections", 0, most_connections,
            "client connections; 0: what the system allows"),
    ranged("head_bytes", ValueType::size, 4 * kib, mib, "size of a request or response head"),
    integer("header_fields", 10, 10'000, "header fields of a request or response"),
    integer("min_body_rate", 0, kib * mib, "bytes per second a body must keep up"),
    integer("retries", 0, 10, "other backends tried for a request"),
    integer("retry_budget_percent", 0, 100, "retries per requests, at most"),
};
constexpr std::array admin_keys{
    key("metrics_address", ValueType::endpoint, "address:port of /metrics"),
};
constexpr std::array log_keys{
    text("access_log", 0, longest_text, "file, \"stdout\", or empty for none"),
};

std::string describe_range(const KeySpec& key, std::string (*show)(std::int64_t)) {
  return "from " + show(key.min) + " to " + show(key.max);
}

std::string join(Names words, std::string_view quote) {
  std::string result;
  for (const std::string_view word : words) {
    if (!result.empty()) result += ", ";
    result.append(quote).append(word).append(quote);
  }
  return words.size() == 1 ? result : "one of " + result;
}

}  // namespace

const ObjectSpec root_object{"the configuration", root_keys};
const ObjectSpec cluster_object{"a cluster", cluster_keys};
const ObjectSpec node_object{"a node", node_keys};
const ObjectSpec sync_object{"the sync link", sync_keys};
const ObjectSpec virtual_address_object{"a virtual address", virtual_address_keys};
const ObjectSpec track_object{"a tracked condition", track_keys};
const ObjectSpec certificate_object{"a certificate", certificate_keys};
const ObjectSpec listener_object{"a listener", listener_keys};
const ObjectSpec header_edits_object{"header edits", header_edits_keys};
const ObjectSpec rule_object{"a rule", rule_keys};
const ObjectSpec condition_object{"a condition", condition_keys};
const ObjectSpec named_condition_object{"a named condition", named_condition_keys};
const ObjectSpec redirect_object{"a redirect", redirect_keys};
const ObjectSpec weighted_target_group_object{"a weighted target group",
                                              weighted_target_group_keys};
const ObjectSpec target_group_object{"a target group", target_group_keys};
const ObjectSpec backend_object{"a backend", backend_keys};
const ObjectSpec health_check_object{"a health check", health_check_keys};
const ObjectSpec outlier_detection_object{"outlier detection", outlier_detection_keys};
const ObjectSpec sticky_object{"stickiness", sticky_keys};
const ObjectSpec timeouts_object{"timeouts", timeouts_keys};
const ObjectSpec limits_object{"limits", limits_keys};
const ObjectSpec admin_object{"administration", admin_keys};
const ObjectSpec log_object{"logging", log_keys};

const KeySpec* ObjectSpec::find(std::string_view key_name) const {
  for (const KeySpec& spec : keys) {
    if (spec.name == key_name) return &spec;
  }
  return nullptr;
}

std::string describe(const KeySpec& key) {
  switch (key.type) {
    case ValueType::boolean: return "true or false";
    case ValueType::integer:
      if (!key.choices.empty()) return join(key.choices, "");
      if (key.min == key.max) return std::to_string(key.min);
      return "a whole number " +
             describe_range(key, [](std::int64_t value) { return std::to_string(value); });
    case ValueType::duration:
      return "a duration " + describe_range(key, [](std::int64_t value) {
               return format_duration(std::chrono::milliseconds(value));
             });
    case ValueType::size: return "a size " + describe_range(key, format_size);
    case ValueType::text:
      return "a text of " + std::to_string(key.min) + " to " + std::to_string(key.max) + " bytes";
    case ValueType::name: return "a name of 1 to 64 letters, digits, dots, dashes or underscores";
    case ValueType::choice: return join(key.choices, "\"");
    case ValueType::address: return "an IP address, like \"192.0.2.1\" or \"2001:db8::1\"";
    case ValueType::listen_address: return "an IP address, or \"*\" for all";
    case ValueType::endpoint:
      return "an IP address and a port from 1 to 65535, like \"192.0.2.1:8080\" or "
             "\"[2001:db8::1]:8080\"";
    case ValueType::host: return "an IP address with or without a port, like \"192.0.2.1\" or \"192.0.2.1:443\"";
    case ValueType::prefix: return "an IP address with prefix length, like \"192.0.2.1/24\"";
    case ValueType::status_ranges:
      return "HTTP status codes from 100 to 599: 200, \"200-299\" or \"200,204\"";
    case ValueType::header_map: return "an object of header names and texts";
    case ValueType::object: return "an object";
  }
  return {};
}

}  // namespace tandem::config
