#include "syncd/io/daemon.hpp"

#include <boost/asio/post.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "common/config/load.hpp"
#include "common/io/clock.hpp"
#include "common/io/service_manager.hpp"
#include "common/log/log.hpp"
#include "common/metrics/text.hpp"
#include "syncd/io/status.hpp"

namespace tandem::sync {
namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(50);
constexpr Duration flush_time = std::chrono::seconds(1);

/// The one use of the wall clock: see VersionClock.
std::uint64_t start_epoch() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 1));
}

Identity make_identity(const LinkConfig& link, std::uint64_t boot) {
  return Identity{link.cluster, link.self.name, link.peer.name, boot};
}

std::uint64_t refused(const replica::Store& store) {
  std::uint64_t count = store.refused_tables();
  for (const auto& table : store.tables()) count += table.refused;
  return count;
}

}  // namespace

Result<LinkConfig> make_link_config(const config::Config& config, const std::string& node) {
  if (!config.cluster) {
    return Error{"the configuration has no \"cluster\" section: a single node has nothing to replicate, syncd is not "
                 "needed"};
  }
  const config::ClusterConfig& cluster = *config.cluster;
  const auto self = std::find_if(cluster.nodes.begin(), cluster.nodes.end(),
                                 [&node](const config::NodeConfig& known) { return known.name == node; });
  if (self == cluster.nodes.end()) {
    return Error{fmt::format("this node is called \"{}\", which is none of cluster.nodes ({}, {}); use --node NAME", node,
                             cluster.nodes[0].name, cluster.nodes[1].name)};
  }
  const auto key = crypto::load_cluster_key(cluster.sync.key_file);
  if (!key) return key.error();
  if (!key->warning.empty()) log::warning("{}", key->warning);
  const config::NodeConfig& peer = cluster.nodes[self == cluster.nodes.begin() ? 1 : 0];
  return LinkConfig{cluster.name, *self, peer, cluster.sync.port, key->key};
}

Daemon::Daemon(const io::DaemonOptions& options, const LinkConfig& link)
    : options_(options),
      link_config_(link),
      started_(io::now()),
      timer_(io_),
      watchdog_(io_),
      events_(options.node, "syncd"),
      replicator_(make_identity(link, start_epoch()), start_epoch(), started_),
      control_(io_),
      feed_(io_, replicator_, [this] { after_change(); }),
      link_(io_, replicator_,
            {[this] { after_change(); },
             [this](const std::string& cause) { events_.add("peer_refused", link_config_.peer.name, cause); }}),
      peer_since_(started_) {}

Result<> Daemon::run() {
  if (auto started = start(); !started) return started;
  io::notify_manager("READY=1");
  watchdog_.start();
  log::info("node {} of cluster {}: {} {} on {}, port {}", link_config_.self.name, link_config_.cluster,
            link_config_.connects() ? "connecting to" : "waiting for", link_config_.peer.name,
            link_config_.connects() ? link_config_.peer.sync_address.to_string()
                                    : link_config_.self.sync_address.to_string(),
            link_config_.port);
  io_.run();
  return {};
}

Result<> Daemon::start() {
  if (auto ready = io::prepare_run_dir(options_.run_dir); !ready) return ready;
  signals_ = std::make_unique<io::Signals>(io_, [this] { begin_stop(); }, [this] { reload(); });
  serve_control();
  // The control socket first: it is what keeps a second instance out.
  if (auto listening = control_.listen_unix(options_.run_dir + "/syncd.sock"); !listening) return listening;
  if (auto listening = feed_.listen(options_.run_dir + "/syncd-feed.sock"); !listening) return listening;
  if (auto linked = link_.start(link_config_); !linked) return linked;
  schedule_tick();
  return {};
}

void Daemon::serve_control() {
  control_.route("GET", "/v1/status", [this](const io::HttpRequest&) { return io::HttpResponse{200, status()}; });
  control_.route_stream("/v1/status/stream", [this](std::shared_ptr<io::LineStream> stream) {
    stream->write_line(status());
    status_streams_.push_back(std::move(stream));
  });
  control_.route("GET", "/metrics", [this](const io::HttpRequest&) {
    const StatusSource source{replicator_, link_.status(), started_, peer_since_, io::now(), control_.refused()};
    return io::HttpResponse{200, metrics_text(source), metrics::text_content_type};
  });
  events_.serve(control_);
}

std::string Daemon::status() const {
  return status_json(StatusSource{replicator_, link_.status(), started_, peer_since_, io::now(), control_.refused()});
}

void Daemon::schedule_tick() {
  const TimePoint now = io::now();
  const TimePoint next = std::min(now + tick_interval, replicator_.peer().deadline());
  timer_.expires_after(std::max(next - now, Duration(std::chrono::milliseconds(1))));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Daemon::tick() {
  replicator_.tick(io::now());
  after_change();
  schedule_tick();
}

void Daemon::after_change() {
  link_.flush();
  feed_.flush();
  note_state();
  finish_stop_if_flushed();
}

/// At 1, 2, 4, 8 … refusals: seen at once, and never a flood.
void Daemon::note_refused() {
  const std::uint64_t count = refused(replicator_.store());
  if (count == 0 || count < 2 * refused_logged_) return;
  refused_logged_ = count;
  events_.add("entries_refused", link_config_.self.name,
              fmt::format("{} entries found no room, because a table is full: see `tables` in the status", count));
}

/// Tells the world what has changed since the last call.
void Daemon::note_state() {
  const TimePoint now = io::now();
  const bool connected = peer_connected(replicator_);
  const InSync in_sync = replicator_.in_sync(now);
  note_refused();
  if (connected == was_connected_ && in_sync.yes == was_in_sync_.yes) return;
  if (connected != was_connected_) {
    was_connected_ = connected;
    peer_since_ = now;
    const LinkStatus link = link_.status();
    if (connected) {
      events_.add("peer_connected", link_config_.peer.name, link.address + (link.fallback ? ", over the LAN" : ""));
    } else {
      events_.add("peer_lost", link_config_.peer.name, link.last_end);
    }
  }
  io::notify_manager(fmt::format("STATUS={}, {}", connected ? "connected to " + link_config_.peer.name : "no peer",
                                 in_sync.yes ? "in sync" : "not in sync: " + in_sync.reason));
  if (in_sync.yes != was_in_sync_.yes) {
    was_in_sync_ = in_sync;
    events_.add(in_sync.yes ? "in_sync" : "not_in_sync", link_config_.self.name, in_sync.reason);
  }
  std::erase_if(status_streams_, [](const auto& stream) { return !stream->open(); });
  const std::string line = status();
  for (const auto& stream : status_streams_) stream->write_line(line);
}

void Daemon::reload() {
  if (stopping_) return;
  io::notify_manager("RELOADING=1");
  if (const auto applied = apply_reload(); !applied) {
    log::error("reload refused, the running configuration stays: {}", applied.error().message);
    events_.add("reload_refused", link_config_.self.name, applied.error().message);
  }
  io::notify_manager("READY=1");
}

Result<> Daemon::apply_reload() {
  const config::LoadOutcome loaded = config::load_file(options_.config_file);
  if (!loaded.usable()) {
    for (const auto& diagnostic : loaded.diagnostics) log::error("{}", diagnostic.to_string());
    for (const auto& diagnostic : loaded.unsupported) log::error("{}", diagnostic.to_string());
    return Error{options_.config_file + " has mistakes"};
  }
  const auto link = make_link_config(loaded.config, options_.node);
  if (!link) return link.error();
  if (link->cluster != link_config_.cluster || link->peer.name != link_config_.peer.name) {
    return Error{"the name of the cluster or of the peer has changed: restart syncd to use it"};
  }
  if (*link == link_config_) {
    log::info("reloaded: nothing has changed for syncd");
    return {};
  }
  link_.stop();
  link_config_ = *link;
  if (auto started = link_.start(link_config_); !started) return started;
  events_.add("reloaded", link_config_.self.name, "addresses, port or key of the link have changed");
  return {};
}

void Daemon::begin_stop() {
  if (stopping_) {
    stop_deadline_ = io::now();  // asked twice: at once
  } else {
    stopping_ = true;
    stop_deadline_ = io::now() + flush_time;
    io::notify_manager("STOPPING=1");
    log::info("leaving: {} entries are not yet at {}", replicator_.lag(io::now()).entries, link_config_.peer.name);
  }
  after_change();
}

void Daemon::finish_stop_if_flushed() {
  if (!stopping_ || finished_) return;
  const std::size_t left = replicator_.lag(io::now()).entries;
  const bool waiting = left > 0 && peer_connected(replicator_) && io::now() < stop_deadline_;
  if (waiting) return;
  finished_ = true;
  if (left > 0) log::warning("left with {} entries that {} does not have", left, link_config_.peer.name);
  // Not from within the callbacks of what is closed here.
  boost::asio::post(io_, [this] {
    timer_.cancel();
    signals_->cancel();
    link_.stop();
    feed_.close();
    control_.close();
    io_.stop();
  });
}

}  // namespace tandem::sync
