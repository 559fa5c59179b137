// The documented answers of the three daemons of a healthy node, as tests begin with them.
#pragma once

namespace tandem::ctl::testing {

inline constexpr const char* lbd_status = R"({
  "node": "lb1", "daemon": "lbd", "version": "0.1.0", "pid": 101, "started_ns": 1000000000, "ready": true, "ready_reason": "",
  "config": {"file": "/etc/tandem/tandem.json", "generation": 3, "loaded_ns": 1000000000}, "workers": 2, "engine": "epoll",
  "client_connections": 17,
  "listeners": [{"name": "web", "protocol": "http", "address": "*", "port": 80, "connections": 17, "requests_total": 900}],
  "target_groups": [{"name": "shop", "algorithm": "p2c", "sticky": "cookie", "backends": [
    {"name": "s1", "address": "192.0.2.21:8080", "weight": 1, "health": "up", "health_reason": "200 in 2 ms",
     "since_ns": 5000000000, "admin": "enabled", "active_connections": 4, "requests_total": 500, "errors_total": 0},
    {"name": "s2", "address": "192.0.2.22:8080", "weight": 2, "health": "up", "health_reason": "200 in 3 ms",
     "since_ns": 5000000000, "admin": "drain", "active_connections": 13, "requests_total": 400, "errors_total": 1}]}],
  "sync": {"connected": true}})";

inline constexpr const char* vrrpd_status = R"({
  "node": "lb1", "daemon": "vrrpd", "version": "0.1.0", "pid": 102, "started_ns": 1000000000, "lbd_ready": true, "lbd_reason": "",
  "in_sync": true, "virtual_addresses": [
    {"name": "vip-a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 51, "state": "active", "owner": "lb1",
     "since_ns": 4000000000, "cause": "three adverts missed", "priority": 150, "preferred_node": "lb1", "in_sync": true,
     "may_take_over": true, "may_take_over_reason": "", "advert_interval_ms": 100, "adverts_sent": 600,
     "adverts_received": 2, "adverts_dropped": {"checksum": 0, "ttl": 3}, "peer_priority": 100, "peer_last_advert_ms": 60000},
    {"name": "vip-b", "addresses": ["192.0.2.101/24"], "interface": "eth0", "vrid": 52, "state": "backup", "owner": "lb2",
     "since_ns": 4000000000, "cause": "adverts of a higher priority", "priority": 100, "preferred_node": "lb2",
     "in_sync": true, "may_take_over": true, "may_take_over_reason": "", "advert_interval_ms": 100, "adverts_sent": 0,
     "adverts_received": 600, "adverts_dropped": {}, "peer_priority": 150, "peer_last_advert_ms": 35}]})";

inline constexpr const char* syncd_status = R"({
  "node": "lb1", "daemon": "syncd", "version": "0.1.0", "pid": 103, "started_ns": 1000000000, "in_sync": true,
  "in_sync_reason": "digests agree",
  "peer": {"name": "lb2", "connected": true, "address": "198.51.100.2", "since_ns": 2000000000, "last_heard_ms": 40},
  "lag": {"entries": 0, "oldest_ms": 0}, "tables": [{"name": "sticky", "entries": 1200, "tombstones": 3}],
  "clients": 2, "resyncs_total": 1})";

}  // namespace tandem::ctl::testing
