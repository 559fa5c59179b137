#include "syncd/io/status.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/io/daemon.hpp"
#include "common/metrics/text.hpp"

namespace tandem::sync {
namespace {

using nlohmann::ordered_json;

std::int64_t nanoseconds(TimePoint time) { return time.time_since_epoch().count(); }
double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }
double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

ordered_json peer_json(const StatusSource& source) {
  const PeerSession& peer = source.replicator.peer();
  ordered_json json;
  json["name"] = source.replicator.identity().peer;
  json["connected"] = peer_connected(source.replicator);
  json["address"] = source.link.connected ? ordered_json(source.link.address) : ordered_json(nullptr);
  json["path"] = !source.link.connected ? ordered_json(nullptr) : ordered_json(source.link.fallback ? "lan" : "sync");
  json["since_ns"] = nanoseconds(source.peer_since);
  const bool heard = peer.last_heard() != TimePoint{};
  json["last_heard_ms"] = heard ? ordered_json(milliseconds(source.now - peer.last_heard())) : ordered_json(nullptr);
  json["wrong_key_total"] = source.link.wrong_key;
  return json;
}

ordered_json tables_json(const Replicator& replicator) {
  ordered_json tables = ordered_json::array();
  for (const auto& table : replicator.store().tables()) {
    tables.push_back({{"name", table.name},
                      {"entries", table.entries},
                      {"tombstones", table.tombstones},
                      {"refused_total", table.refused}});
  }
  return tables;
}

void add_peer_metrics(metrics::MetricsText& text, const StatusSource& source) {
  const PeerCounters& peer = source.replicator.peer().counters();
  const LinkStatus& link = source.link;
  text.counter("tandem_sync_connections_total", "Connections with the peer that were accepted", peer.connections);
  text.counter("tandem_sync_resyncs_total", "Digest repairs completed after a connect", peer.resyncs);
  text.counter("tandem_sync_entries_sent_total", "Entries sent to the peer", peer.entries_sent);
  text.counter("tandem_sync_entries_received_total", "Entries received from the peer", peer.entries_received);
  text.counter("tandem_sync_entries_applied_total", "Entries received that were newer", peer.entries_applied);
  text.counter("tandem_sync_entries_repaired_total", "Entries sent because a bucket differed", peer.entries_repaired);
  text.counter("tandem_sync_entries_refused_total", "Entries of the peer that found no room", peer.entries_refused);
  text.counter("tandem_sync_buckets_mismatched_total", "Differences found by the periodic comparison",
               peer.buckets_mismatched);
  text.counter("tandem_sync_handshake_failures_total", "Failed handshakes", link.wrong_key, {{"cause", "wrong_key"}});
  text.counter("tandem_sync_handshake_failures_total", "Failed handshakes", link.handshakes_failed,
               {{"cause", "other"}});
  text.counter("tandem_sync_connect_failures_total", "Failed attempts to connect to the peer", link.connects_failed);
  text.counter("tandem_sync_bytes_sent_total", "Bytes sent to the peer, before TLS", link.bytes_sent);
  text.counter("tandem_sync_bytes_received_total", "Bytes received from the peer, after TLS", link.bytes_received);
}

}  // namespace

bool peer_connected(const Replicator& replicator) {
  const PeerState state = replicator.peer().state();
  return state == PeerState::repairing || state == PeerState::in_sync;
}

std::string status_json(const StatusSource& source) {
  const Replicator& replicator = source.replicator;
  const InSync in_sync = replicator.in_sync(source.now);
  const Lag lag = replicator.lag(source.now);
  ordered_json json;
  json["node"] = replicator.identity().node;
  json["daemon"] = "syncd";
  json["version"] = io::version();
  json["pid"] = ::getpid();
  json["started_ns"] = nanoseconds(source.started);
  json["in_sync"] = in_sync.yes;
  json["in_sync_reason"] = in_sync.reason;
  json["peer"] = peer_json(source);
  json["lag"] = {{"entries", lag.entries}, {"oldest_ms", milliseconds(lag.oldest)}};
  json["tables"] = tables_json(replicator);
  json["clients"] = replicator.clients();
  json["resyncs_total"] = replicator.peer().counters().resyncs;
  return json.dump();
}

std::string metrics_text(const StatusSource& source) {
  const Replicator& replicator = source.replicator;
  const Lag lag = replicator.lag(source.now);
  metrics::MetricsText text;
  text.gauge("tandem_sync_in_sync", "1 if this node has all that the pair knows", replicator.in_sync(source.now).yes);
  text.gauge("tandem_sync_peer_connected", "1 if the peer is connected", peer_connected(replicator));
  text.gauge("tandem_sync_link_fallback", "1 if the link runs over the LAN addresses", source.link.fallback);
  text.gauge("tandem_sync_lag_entries", "Entries that the peer may not have", lag.entries);
  text.gauge("tandem_sync_lag_oldest_seconds", "Age of the oldest of them", seconds(lag.oldest));
  text.gauge("tandem_sync_clients", "Local daemons connected", replicator.clients().size());
  text.counter("tandem_sync_control_refused_total", "Changes refused because their sender may only look",
               source.control_refused);
  for (const auto& table : replicator.store().tables()) {
    text.gauge("tandem_sync_table_entries", "Entries of a table", table.entries, {{"table", table.name}});
    text.gauge("tandem_sync_table_tombstones", "Deleted entries remembered", table.tombstones, {{"table", table.name}});
    text.counter("tandem_sync_table_refused_total", "Entries refused because the table is full", table.refused,
                 {{"table", table.name}});
  }
  add_peer_metrics(text, source);
  return text.str();
}

}  // namespace tandem::sync
