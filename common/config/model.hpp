// The configuration as typed values: what tandem.json means once it is parsed and checked.
//
// Pure values with ==, so that reload can diff them. Every default of the contract stands
// here, once. A Config that load() returned is valid: names are unique, references resolve,
// ranges hold; code downstream does not check again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"

namespace tandem::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// ---- cluster -------------------------------------------------------------------------------

struct NodeConfig {
  std::string name;
  IpAddress address;       // on the LAN: source of adverts, fallback path of syncd
  IpAddress sync_address;  // on the dedicated link
  bool operator==(const NodeConfig&) const = default;
};

struct SyncConfig {
  std::uint16_t port = 5405;
  std::string key_file = "/etc/tandem/cluster.key";  // 64 hexadecimal characters
  bool operator==(const SyncConfig&) const = default;
};

/// What a node without a word from its peer does when its LAN is silent: own the address (as plain VRRP), or only
/// if it is the preferred one.
enum class SplitPolicy : std::uint8_t { availability, preferred };

struct ClusterConfig {
  std::string name;
  std::vector<NodeConfig> nodes;  // exactly two
  SyncConfig sync;
  std::vector<Endpoint> witnesses;  // hosts that answer ping (port 0), or accept TCP connections on the port
  SplitPolicy split_policy = SplitPolicy::availability;
  bool operator==(const ClusterConfig&) const = default;
};

// ---- virtual addresses ---------------------------------------------------------------------

/// The checksum of VRRPv3 on IPv4: without the pseudo-header (rfc9568), with it (rfc5798), or as the peer has it.
enum class ChecksumChoice : std::uint8_t { automatic, rfc9568, rfc5798 };

/// Something besides its interface and lbd that a virtual address depends on. While it fails, `weight` is taken from
/// this node's priority; with weight 0 the node may not own the address at all.
struct TrackConfig {
  enum class Kind : std::uint8_t { interface, route, witness, file, script };
  Kind kind = Kind::interface;
  std::string interface;            // fails while it is down or has no carrier
  Prefix route{};                   // fails while the main routing table lacks exactly this one
  Endpoint witness{};               // fails while it does not answer; port 0: ping
  std::string file;                 // fails while it does not exist
  std::vector<std::string> script;  // a program and its arguments, without a shell; fails if it ends with another code than 0
  std::uint8_t weight = 0;          // 0..253
  Duration interval = seconds(1);   // between two looks at a witness, file or script
  Duration timeout = seconds(1);    // of a witness's answer or a script's run; later is a failure
  std::uint32_t unhealthy_threshold = 3;  // failures in a row until it fails
  std::uint32_t healthy_threshold = 2;    // successes in a row until it holds again
  bool operator==(const TrackConfig&) const = default;
};

/// With an IPv4 address among them it is an IPv4 virtual router that carries its IPv6 addresses along; with
/// IPv6 addresses only it is an IPv6 one.
struct VirtualAddressConfig {
  std::string name;
  std::vector<Prefix> addresses;  // at least one
  std::string interface;
  std::uint8_t vrid = 0;  // 1..255, unique per interface and address family
  std::string preferred_node;
  Duration advert_interval = milliseconds(100);  // 10 ms .. 40 s
  bool preempt = true;
  Duration preempt_delay = seconds(0);
  std::uint8_t version = 3;  // of VRRP: 3, or 2 (IPv4 only, whole seconds)
  ChecksumChoice checksum = ChecksumChoice::automatic;
  bool unicast = false;  // adverts to the peer's address instead of 224.0.0.18 or ff02::12
  bool foreign = false;  // the other router on the LAN is not a vrrpd of this cluster
  std::uint8_t priority = 0;  // foreign only: this node's, 1..255 (address owner); 0: as between our own nodes
  std::string sync_group;     // the addresses of a group have the same owner always; empty: none
  std::vector<TrackConfig> track;
  std::vector<std::string> hook;  // program and arguments, run without a shell at each change of the state; empty: none
  Duration hook_timeout = seconds(10);  // then it is killed
  bool virtual_mac = false;       // answers with 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID instead of the interface's
  bool authentication = true;     // of adverts, with the cluster key; always off beside a foreign router and in version 2
  bool operator==(const VirtualAddressConfig&) const = default;
};

// ---- TLS -----------------------------------------------------------------------------------

struct CertificateConfig {
  std::string name;
  std::string cert_file;
  std::string key_file;
  bool operator==(const CertificateConfig&) const = default;
};

// ---- listeners -----------------------------------------------------------------------------

enum class ListenerProtocol : std::uint8_t { http, https, tcp, tls, udp };

/// Edits of a header block, applied in the order remove, set, add. Names compare without case.
struct HeaderEdits {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::pair<std::string, std::string>> add;
  std::vector<std::string> remove;
  [[nodiscard]] bool empty() const { return set.empty() && add.empty() && remove.empty(); }
  bool operator==(const HeaderEdits&) const = default;
};

/// One entry of "conditions": exactly one kind, true if any of its values matches.
/// `name` is the header/query/cookie name. host and path values may hold '*' wildcards.
struct ConditionConfig {
  enum class Kind : std::uint8_t { host, path, method, header, query, cookie, source };
  Kind kind = Kind::path;
  std::string name;
  std::vector<std::string> values;
  bool operator==(const ConditionConfig&) const = default;
};

struct RedirectConfig {
  std::string scheme;  // empty: keep the request's
  std::string host;
  std::optional<std::uint16_t> port;
  std::string path;
  std::uint16_t status = 301;  // 301, 302, 303, 307, 308
  bool operator==(const RedirectConfig&) const = default;
};

struct WeightedTargetGroup {
  std::string name;
  std::uint32_t weight = 1;
  bool operator==(const WeightedTargetGroup&) const = default;
};

/// All conditions must hold; rules are tried by ascending priority.
struct RuleConfig {
  std::string name;
  std::uint32_t priority = 0;
  std::vector<ConditionConfig> conditions;
  std::vector<WeightedTargetGroup> target_groups;  // "target_group" is one entry of weight 1
  std::optional<RedirectConfig> redirect;          // instead of target_groups
  bool operator==(const RuleConfig&) const = default;
};

struct ListenerConfig {
  std::string name;
  ListenerProtocol protocol = ListenerProtocol::http;
  std::optional<IpAddress> address;  // nullopt: "*", both families
  std::uint16_t port = 0;
  std::vector<std::string> certificates;
  bool http2 = false;
  std::vector<Prefix> trusted_proxies;
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  std::vector<RuleConfig> rules;  // sorted by priority
  std::string default_target_group;
  bool operator==(const ListenerConfig&) const = default;
};

// ---- target groups -------------------------------------------------------------------------

enum class BackendProtocol : std::uint8_t { http, https, tcp, tls, udp };
enum class Algorithm : std::uint8_t {
  p2c, round_robin, least_connections, random, consistent_hash, maglev, peak_ewma
};
enum class Forwarding : std::uint8_t { proxy, nat, dsr };
enum class ProxyProtocol : std::uint8_t { none, v1, v2 };

struct BackendConfig {
  std::string name;
  Endpoint address;
  std::uint32_t weight = 1;           // 0..1000; 0: no new traffic
  std::uint32_t max_connections = 0;  // 0: no limit
  bool operator==(const BackendConfig&) const = default;
};

struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 299;
  bool operator==(const StatusRange&) const = default;
};

struct HealthCheckConfig {
  enum class Type : std::uint8_t { tcp, http, tls, grpc };
  Type type = Type::tcp;
  std::string path = "/";
  std::string host;                                   // Host header; empty: the backend's address
  std::vector<StatusRange> expect_status = {StatusRange{}};
  Duration interval = seconds(2);
  Duration transition_interval = milliseconds(500);   // while the verdict is changing
  Duration timeout = seconds(1);
  std::uint32_t unhealthy_threshold = 3;
  std::uint32_t healthy_threshold = 2;
  bool operator==(const HealthCheckConfig&) const = default;
};

struct OutlierDetectionConfig {
  std::uint32_t consecutive_errors = 5;
  Duration base_ejection = seconds(30);
  std::uint32_t max_ejected_percent = 33;
  bool operator==(const OutlierDetectionConfig&) const = default;
};

struct StickyConfig {
  enum class Type : std::uint8_t { cookie, source };
  Type type = Type::cookie;
  std::string name = "TANDEM";  // of the cookie
  Duration ttl = hours(1);
  std::uint32_t max_entries = 100'000;  // of the source table
  bool operator==(const StickyConfig&) const = default;
};

struct TargetGroupConfig {
  std::string name;
  BackendProtocol protocol = BackendProtocol::http;
  Algorithm algorithm = Algorithm::p2c;
  std::string hash_key;  // consistent_hash only
  Forwarding forwarding = Forwarding::proxy;
  ProxyProtocol proxy_protocol = ProxyProtocol::none;
  std::vector<BackendConfig> backends;
  /// Always set after load(): a group without "health_check" gets a TCP check with the defaults.
  HealthCheckConfig health_check;
  std::optional<OutlierDetectionConfig> outlier_detection;
  std::optional<StickyConfig> sticky;
  Duration drain_timeout = seconds(30);
  Duration slow_start = seconds(0);
  bool operator==(const TargetGroupConfig&) const = default;
};

// ---- limits, admin -------------------------------------------------------------------------

/// "timeouts": of every listener and backend. The defaults are the contract's.
struct TimeoutsConfig {
  Duration connect = seconds(5);
  Duration request_head = seconds(10);     // total, from the first byte
  Duration body_idle = seconds(30);
  Duration keep_alive = seconds(60);
  Duration backend_first_byte = seconds(60);
  Duration tunnel_idle = hours(1);
  Duration tcp_idle = hours(1);
  Duration drain = seconds(30);            // SIGTERM: how long open connections may finish
  bool operator==(const TimeoutsConfig&) const = default;
};

/// "limits".
struct LimitsConfig {
  std::uint32_t max_connections = 0;         // client connections per node; 0: from RLIMIT_NOFILE
  std::uint32_t head_bytes = 64 * 1024;
  std::uint32_t header_fields = 100;
  std::uint32_t min_body_rate = 500;         // bytes per second, averaged over body_idle
  std::uint32_t retries = 2;
  std::uint32_t retry_budget_percent = 20;
  bool operator==(const LimitsConfig&) const = default;
};

struct AdminConfig {
  std::optional<Endpoint> metrics_address;  // Prometheus over TCP; RUN-DIR/lbd.sock serves it always
  bool operator==(const AdminConfig&) const = default;
};

/// "log".
struct LogConfig {
  std::string access_log;  // file path, "stdout", or empty: none
  bool operator==(const LogConfig&) const = default;
};

/// How the workers ask the kernel for input and output. `automatic`: io_uring where the kernel offers all of it.
enum class Engine : std::uint8_t { automatic, epoll, io_uring };

struct Config {
  std::uint32_t version = 1;
  std::uint32_t workers = 0;  // 0: one per core
  Engine engine = Engine::automatic;
  std::optional<ClusterConfig> cluster;
  std::vector<VirtualAddressConfig> virtual_addresses;
  std::vector<CertificateConfig> certificates;
  std::vector<ListenerConfig> listeners;
  std::vector<TargetGroupConfig> target_groups;
  TimeoutsConfig timeouts;
  LimitsConfig limits;
  AdminConfig admin;
  LogConfig log;
  bool operator==(const Config&) const = default;
};

}  // namespace tandem::config
