#include "vrrpd/io/daemon.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "common/io/clock.hpp"
#include "common/io/event_log.hpp"
#include "common/io/http_server.hpp"
#include "common/io/service_manager.hpp"
#include "common/io/signals.hpp"
#include "common/io/watchdog.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/control_api.hpp"
#include "vrrpd/io/settings.hpp"

namespace tandem::vrrp {
namespace {

namespace asio = boost::asio;

class Daemon {
 public:
  Daemon(asio::io_context& io, const io::DaemonOptions& options, std::vector<InstanceConfig> settings, VotingConfig voting,
         HeldBoard& board, Result<LeaseTable>& leases, const SessionFile& sessions, Netlink netlink,
         Announcer announcer, FrameSocket frames);

  Result<> start();

 private:
  NodeStatus status() const;
  bool fail_over(const std::string& name, const FailoverRequest& request,
                 std::function<void(const FailoverOutcome&)> reply);
  ReloadOutcome reload();
  void apply_settings();
  void stop();

  Result<> open_monitor();
  void look_at_host();
  void remove_stale_addresses();
  void remove_stale_devices();
  void refresh_instances();
  void add_instance(InstanceConfig config);
  void retire(std::size_t index);
  void add_pending();
  void status_changed();
  void tell_manager();
  void track();
  void housekeeping();
  void save_session();
  void renew_later();
  [[nodiscard]] std::vector<HeartbeatAddress> heartbeat_addresses() const;
  [[nodiscard]] bool is_floating(const HostAddress& address) const;

  asio::io_context& io_;
  const io::DaemonOptions options_;
  std::vector<InstanceConfig> settings_;
  Netlink netlink_;
  Announcer announcer_;
  HeldBoard& board_;
  const SessionFile& sessions_;
  AdvertSeal seal_;
  FrameSocket frames_;
  VirtualMacDevices virtual_macs_;
  const std::string lease_impediment_;
  io::HttpServer server_;
  io::EventLog events_;
  LbdWatch lbd_;
  SyncWatch sync_;
  Voting voting_;
  ProgramRunner programs_;
  Tracker tracker_;
  MaintenanceSwitch maintenance_;
  Context context_;
  ControlApi control_;
  std::optional<NetlinkMonitor> monitor_;
  std::unique_ptr<FdWatch> monitor_watch_;
  std::optional<io::Signals> signals_;
  asio::steady_timer renewal_;
  io::Watchdog watchdog_;
  std::string told_manager_;  // the latest STATUS=
  RealtimeStatus realtime_;
  TimePoint started_;
  TimePoint config_loaded_;
  std::uint64_t generation_ = 1;
  std::map<std::string, std::unique_ptr<Interface>> interfaces_;
  std::vector<std::unique_ptr<Instance>> instances_;  // declared after what they refer to
  std::vector<std::unique_ptr<Instance>> retiring_;     // that give their addresses up
  std::vector<InstanceConfig> pending_;                 // to be added when no retiring one is in the way
  bool housekeeping_posted_ = false;
  bool stopping_ = false;
};

Daemon::Daemon(asio::io_context& io, const io::DaemonOptions& options, std::vector<InstanceConfig> settings,
               VotingConfig voting, HeldBoard& board, Result<LeaseTable>& leases, const SessionFile& sessions,
               Netlink netlink, Announcer announcer, FrameSocket frames)
    : io_(io),
      options_(options),
      settings_(std::move(settings)),
      netlink_(std::move(netlink)),
      announcer_(std::move(announcer)),
      board_(board),
      sessions_(sessions),
      seal_(board.stamps(), [this] { asio::post(io_, [this] { save_session(); }); }),
      frames_(std::move(frames)),
      virtual_macs_(netlink_),
      lease_impediment_(leases ? "" : leases.error().message),
      server_(io),
      events_(options.node, "vrrpd"),
      lbd_(io, options.run_dir, [this] { refresh_instances(); }),
      sync_(io, options.run_dir, [this] { refresh_instances(); }),
      voting_(io, events_, options.run_dir, {.vote = [this] { for (const auto& instance : instances_) instance->cast_vote(); },
                                    .news = [this] { refresh_instances(); },
                                    .addresses = [this] { return heartbeat_addresses(); }}),
      programs_(io),
      tracker_(io, options.node, netlink_, programs_, events_, [this] { refresh_instances(); }),
      maintenance_(options.run_dir, options.node, events_, instances_, [this] { refresh_instances(); }),
      context_{io, io::now(), netlink_, announcer_, frames_, virtual_macs_, board, seal_, leases ? &*leases : nullptr, events_,
               lbd_.status(), sync_.status(), voting_, tracker_, maintenance_.status(), programs_, [this] { status_changed(); }},
      control_(server_, {.status = [this] { return status(); },
                         .fail_over = [this](const auto& name, const auto& request, auto reply) { return fail_over(name, request, std::move(reply)); },
                         .set_maintenance = [this](const auto& request, auto reply) { maintenance_.set(request, std::move(reply)); },
                         .reload = [this] { return reload(); }}),
      renewal_(io),
      watchdog_(io),
      started_(io::now()),
      config_loaded_(started_) {
  events_.serve(server_);
  voting_.set(std::move(voting));
}

Result<> Daemon::start() {
  // First of all: the socket keeps a second vrrpd from cleaning up the addresses of the first.
  if (auto listening = server_.listen_unix(options_.run_dir + "/vrrpd.sock"); !listening) return listening;
  if (auto begun = sessions_.start(board_.stamps()); !begun) log::warning("{}", begun.error().message);
  if (auto opened = open_monitor(); !opened) return opened;
  track();  // before this process is real-time, with its memory locked: it may have to fork
  signals_.emplace(io_, [this] { stop(); }, [this] { reload(); });
  realtime_ = enter_realtime();
  if (!realtime_.fifo || !realtime_.locked) {
    log::warning("not in real time: SCHED_FIFO {}, locked memory {}; on a busy host adverts may be late and the peer "
                 "may take over (CAP_SYS_NICE, LimitRTPRIO, LimitMEMLOCK help)",
                 realtime_.fifo ? "yes" : "refused: " + realtime_.fifo_reason,
                 realtime_.locked ? "yes" : "refused: " + realtime_.locked_reason);
  }
  if (context_.leases == nullptr) {
    log::warning("no kernel leases: {}; a frozen vrrpd goes on answering for addresses that the peer has taken "
                 "(CAP_BPF is needed)", lease_impediment_);
  }
  remove_stale_addresses();
  remove_stale_devices();
  for (const InstanceConfig& config : settings_) add_instance(config);
  look_at_host();
  lbd_.start();
  sync_.start();
  voting_.start();
  renew_later();
  io::notify_manager("READY=1");
  watchdog_.start();
  return {};
}

Result<> Daemon::open_monitor() {
  auto opened = NetlinkMonitor::open({
      .address_removed =
          [this](const HostAddress& address) {
            for (const auto& instance : instances_) instance->address_removed(address);
          },
      .changed = [this] { look_at_host(); },
      .route_changed = [this](const Prefix& prefix) { tracker_.route_changed(prefix); },
      .overrun =
          [this] {
            log::warning("lost notifications of the kernel about addresses; looking at all of them");
            for (const auto& instance : instances_) instance->renew();
            look_at_host();
          },
  });
  if (!opened) return opened.error();
  monitor_.emplace(std::move(*opened));
  monitor_watch_ = std::make_unique<FdWatch>(io_, monitor_->fd(), [this] { monitor_->receive(); });
  return {};
}

bool Daemon::is_floating(const HostAddress& address) const {
  return address.protocol == address_protocol ||
         std::any_of(settings_.begin(), settings_.end(), [&address](const InstanceConfig& config) {
           const auto& addresses = config.addresses.all;
           return std::any_of(addresses.begin(), addresses.end(),
                              [&address](const Prefix& p) { return p.address == address.prefix.address; });
         });
}

// What a predecessor left that had no chance to clean up, even if the configuration changed since.
void Daemon::remove_stale_addresses() {
  auto addresses = netlink_.addresses();
  if (!addresses) return log::error("{}", addresses.error().message);
  for (const HostAddress& address : *addresses) {
    if (!is_floating(address)) continue;
    log::warning("removing {}, left behind by an earlier vrrpd or installed by somebody else",
                 address.prefix.to_string());
    if (auto removed = netlink_.delete_address(address.link, address.prefix); !removed) {
      log::error("{}", removed.error().message);
    }
  }
}

void Daemon::remove_stale_devices() {
  const auto removed = remove_virtual_mac_devices(netlink_, nullptr);
  if (!removed) log::error("{}", removed.error().message);
  else if (*removed > 0) log::warning("removed {} device(s) of virtual MAC addresses of an earlier vrrpd", *removed);
  lift_arp_discipline(options_.run_dir);
}

void Daemon::look_at_host() {
  auto links = netlink_.links();
  auto addresses = netlink_.addresses();
  if (!links || !addresses) return log::error("{}", (links ? addresses.error() : links.error()).message);
  virtual_macs_.look(*links);
  for (const auto& [name, interface] : interfaces_) {
    const auto link = std::find_if(links->begin(), links->end(), [&n = name](const Link& l) { return l.name == n; });
    std::vector<Prefix> own;
    for (const HostAddress& address : *addresses) {
      const bool here = link != links->end() && address.link == link->index;
      if (here && !address.tentative && !is_floating(address)) own.push_back(address.prefix);
    }
    interface->update(link != links->end() ? std::optional<Link>(*link) : std::nullopt, std::move(own));
  }
  tracker_.look_at_host(*links);
  refresh_instances();
}

void Daemon::refresh_instances() {
  for (const auto& instance : instances_) instance->refresh();
  for (const auto& instance : retiring_) instance->refresh();
  status_changed();
}

// What the settings track, from now on.
void Daemon::track() {
  tracker_.set(tracked_in(settings_));
  if (has_hooks(settings_)) programs_.prepare();
  if (!tracker_.tracks(config::TrackConfig::Kind::route)) return;
  if (auto watching = monitor_->watch_routes(); !watching) log::error("{}", watching.error().message);
}

void Daemon::add_instance(InstanceConfig config) {
  auto& interface = interfaces_[config.virtual_address.interface];
  if (!interface) {
    interface = std::make_unique<Interface>(io_, config.virtual_address.interface, context_.leases, lease_impediment_,
                                            options_.run_dir);
  }
  instances_.push_back(std::make_unique<Instance>(context_, *interface, std::move(config)));
}

void Daemon::retire(std::size_t index) {
  retiring_.push_back(std::move(instances_[index]));
  instances_.erase(instances_.begin() + static_cast<std::ptrdiff_t>(index));
  retiring_.back()->stop();
}

void Daemon::add_pending() {
  std::vector<InstanceConfig> waiting;
  bool added = false;
  for (InstanceConfig& config : pending_) {
    const bool in_the_way = std::any_of(retiring_.begin(), retiring_.end(), [&config](const auto& instance) {
      const auto& old = instance->config().virtual_address;
      return old.interface == config.virtual_address.interface && old.vrid == config.virtual_address.vrid;
    });
    if (in_the_way) {
      waiting.push_back(std::move(config));
    } else {
      add_instance(std::move(config));
      added = true;
    }
  }
  pending_ = std::move(waiting);
  if (added) look_at_host();
}

// Later, because the caller is often an instance in the middle of its work.
void Daemon::status_changed() {
  if (housekeeping_posted_) return;
  housekeeping_posted_ = true;
  asio::post(io_, [this] {
    housekeeping_posted_ = false;
    housekeeping();
  });
}

void Daemon::housekeeping() {
  std::erase_if(retiring_, [](const auto& instance) { return instance->released(); });
  add_pending();
  if (retiring_.empty()) virtual_macs_.sweep();
  std::erase_if(interfaces_, [](const auto& entry) { return !entry.second->in_use(); });
  control_.publish();
  voting_.publish_if_news();
  tell_manager();
  if (stopping_ && retiring_.empty() && programs_.busy(ProgramRunner::Lane::hook) == 0) {
    server_.close();
    io_.stop();
  }
}

// Later, because the advert that brought the new session is still to be acted upon.
void Daemon::save_session() {
  if (auto saved = sessions_.save(board_.stamps()); !saved) log::warning("{}", saved.error().message);
}

// One line for `systemctl status`: "vip-a active, vip-b backup".
void Daemon::tell_manager() {
  std::string text;
  for (const auto& instance : instances_) {
    text += (text.empty() ? "" : ", ") + instance->name() + " " + std::string(to_string(instance->status().state));
  }
  if (text.empty() || text == told_manager_) return;
  told_manager_ = text;
  io::notify_manager("STATUS=" + text);
}

void Daemon::renew_later() {
  renewal_.expires_after(AddressKeeper::renewal_period);
  renewal_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (const auto& instance : instances_) instance->renew();
    for (const auto& instance : retiring_) instance->renew();
    for (const auto& [name, interface] : interfaces_) interface->keep_discipline();
    renew_later();
  });
}

std::vector<HeartbeatAddress> Daemon::heartbeat_addresses() const {
  std::vector<HeartbeatAddress> out;
  out.reserve(instances_.size());
  for (const auto& instance : instances_) out.push_back(instance->heartbeat());
  return out;
}

bool Daemon::fail_over(const std::string& name, const FailoverRequest& request,
                       std::function<void(const FailoverOutcome&)> reply) {
  for (const auto& instance : instances_) {
    if (instance->name() != name) continue;
    instance->fail_over(request, std::move(reply));
    return true;
  }
  return false;
}

ReloadOutcome Daemon::reload() {
  io::notify_manager("RELOADING=1");
  ReloadOutcome outcome{.generation = generation_};
  config::LoadOutcome loaded = config::load_file(options_.config_file);
  outcome.diagnostics = std::move(loaded.diagnostics);
  outcome.diagnostics.insert(outcome.diagnostics.end(), loaded.unsupported.begin(), loaded.unsupported.end());
  if (outcome.diagnostics.empty()) {
    auto settings = settings_for(loaded.config, options_.node);
    if (settings) {
      outcome.changed = *settings != settings_;
      settings_ = std::move(*settings);
    } else {
      outcome.diagnostics.push_back({.file = options_.config_file, .path = {}, .message = settings.error().message,
                                     .hint = {}});
    }
  }
  for (const auto& diagnostic : outcome.diagnostics) log::error("{}", diagnostic.to_string());
  if (!outcome.diagnostics.empty()) {
    log::error("reload refused: the running configuration is kept");
    io::notify_manager("READY=1");
    return outcome;
  }

  apply_settings();
  voting_.set(voting_for(loaded.config, options_.node));
  config_loaded_ = io::now();
  outcome.generation = ++generation_;
  log::info("configuration loaded again: {}", outcome.changed ? "changes applied" : "nothing changed for vrrpd");
  io::notify_manager("READY=1");
  return outcome;
}

// Keeps what is unchanged, retires what is gone or changed, starts what is new.
void Daemon::apply_settings() {
  track();
  pending_ = settings_;
  for (std::size_t i = instances_.size(); i-- > 0;) {
    const InstanceConfig& running = instances_[i]->config();
    const auto same = std::find(pending_.begin(), pending_.end(), running);
    if (same != pending_.end()) pending_.erase(same);
    else retire(i);
  }
  add_pending();
  look_at_host();
}

void Daemon::stop() {
  if (stopping_) return;
  stopping_ = true;
  io::notify_manager("STOPPING=1");
  log::info("stopping: handing the addresses over");
  pending_.clear();
  while (!instances_.empty()) retire(instances_.size() - 1);
  status_changed();
}

NodeStatus Daemon::status() const {
  NodeStatus status;
  status.node = options_.node;
  status.started = started_;
  status.config_file = options_.config_file;
  status.generation = generation_;
  status.config_loaded = config_loaded_;
  status.realtime = realtime_;
  status.lbd = lbd_.status();
  status.sync = sync_.status();
  status.witnesses = voting_.witnesses();
  status.conditions = tracker_.conditions();
  status.maintenance = maintenance_.status();
  status.control_refused = server_.refused();
  for (const auto& instance : instances_) status.virtual_addresses.emplace_back(instance->config(), instance->status());
  for (const auto& [name, interface] : interfaces_) status.interfaces.emplace_back(name, interface->dropped());
  return status;
}

}  // namespace

int run_daemon(const io::DaemonOptions& options, std::vector<InstanceConfig> settings, VotingConfig voting,
               HeldBoard& board, Result<LeaseTable>& leases, const SessionFile& sessions, Announcer announcer,
               FrameSocket frames) {
  auto netlink = Netlink::open();
  if (!netlink) {
    log::error("{}", netlink.error().message);
    return io::exit_failure;
  }
  asio::io_context io(1);
  Daemon daemon(io, options, std::move(settings), std::move(voting), board, leases, sessions, std::move(*netlink),
                std::move(announcer), std::move(frames));
  if (auto started = daemon.start(); !started) {
    log::error("{}", started.error().message);
    return io::exit_failure;
  }
  io.run();
  return io::exit_ok;
}

}  // namespace tandem::vrrp
