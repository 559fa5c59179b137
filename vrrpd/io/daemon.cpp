#include "vrrpd/io/daemon.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

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
#include "vrrpd/io/instances.hpp"
#include "vrrpd/io/leftovers.hpp"
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
  void stop();

  Result<> open_monitor();
  void look_at_host();
  void refresh_instances();
  void status_changed();
  void tell_manager();
  void track();
  void housekeeping();
  void save_session();
  void renew_later();

  asio::io_context& io_;
  const io::DaemonOptions options_;
  std::vector<InstanceConfig> settings_;
  Netlink netlink_;
  Announcer announcer_;
  HeldBoard& board_;
  const SessionFile& sessions_;
  AdvertSeal seal_;
  const FrameSocket frames_;
  AdvertOutbox outbox_;
  AlarmClock alarms_;
  VirtualMacDevices virtual_macs_;
  FreshNeighbours neighbours_;
  const std::string lease_impediment_;
  io::HttpServer server_;
  io::EventLog events_;
  LbdWatch lbd_;
  SyncWatch sync_;
  const TimePoint started_;
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
  TimePoint config_loaded_;
  std::uint64_t generation_ = 1;
  Instances instances_;  // declared after what they refer to
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
      outbox_(frames_),
      alarms_(io, [this] { outbox_.flush(); }),
      virtual_macs_(netlink_),
      neighbours_(io, netlink_),
      lease_impediment_(leases ? "" : leases.error().message),
      server_(io),
      events_(options.node, "vrrpd"),
      lbd_(io, options.run_dir, [this] { refresh_instances(); }),
      sync_(io, options.run_dir, [this] { refresh_instances(); }),
      started_(io::now()),
      voting_(io, events_, options.run_dir, started_,
              {.vote = [this] { for (const auto& instance : instances_.in_service()) instance->cast_vote(); },
               .news = [this] { refresh_instances(); },
               .addresses = [this] { return instances_.heartbeat(); }}),
      programs_(io),
      tracker_(io, options.node, netlink_, programs_, events_, [this] { refresh_instances(); }),
      maintenance_(options.run_dir, options.node, events_, instances_, [this] { refresh_instances(); }),
      context_{io, started_, netlink_, announcer_, outbox_, alarms_, virtual_macs_, neighbours_, board, seal_, leases ? &*leases : nullptr, events_,
               lbd_.status(), sync_.status(), voting_, tracker_, maintenance_.status(), programs_, [this] { status_changed(); }},
      control_(server_, {.status = [this] { return status(); },
                         .fail_over = [this](const auto& name, const auto& request, auto reply) { return fail_over(name, request, std::move(reply)); },
                         .set_maintenance = [this](const auto& request, auto reply) { maintenance_.set(request, std::move(reply)); },
                         .reload = [this] { return reload(); }}),
      renewal_(io),
      watchdog_(io),
      config_loaded_(started_),
      instances_(context_, lease_impediment_, options.run_dir) {
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
  realtime_ = enter_realtime(daemon_priority);
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
  remove_leftovers(netlink_, settings_, options_.run_dir);
  instances_.apply(settings_);
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
            for (const auto& instance : instances_.in_service()) instance->address_removed(address);
          },
      .changed = [this] { look_at_host(); },
      .route_changed = [this](const Prefix& prefix) { tracker_.route_changed(prefix); },
      .overrun =
          [this] {
            log::warning("lost notifications of the kernel about addresses; looking at all of them");
            instances_.renew();
            look_at_host();
          },
  });
  if (!opened) return opened.error();
  monitor_.emplace(std::move(*opened));
  monitor_watch_ = std::make_unique<FdWatch>(io_, monitor_->fd(), [this] { monitor_->receive(); });
  return {};
}

void Daemon::look_at_host() {
  auto links = netlink_.links();
  auto addresses = netlink_.addresses();
  if (!links || !addresses) return log::error("{}", (links ? addresses.error() : links.error()).message);
  virtual_macs_.look(*links);
  instances_.see(*links, *addresses, settings_);
  tracker_.look_at_host(*links);
  refresh_instances();
}

void Daemon::refresh_instances() {
  instances_.refresh();
  status_changed();
}

// What the settings track, from now on.
void Daemon::track() {
  tracker_.set(tracked_in(settings_));
  if (has_hooks(settings_)) programs_.prepare();
  if (!tracker_.tracks(config::TrackConfig::Kind::route)) return;
  if (auto watching = monitor_->watch_routes(); !watching) log::error("{}", watching.error().message);
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
  if (instances_.advance()) look_at_host();
  instances_.sweep();
  control_.publish();
  voting_.publish_if_news();
  tell_manager();
  if (stopping_ && instances_.settled() && programs_.busy(ProgramRunner::Lane::hook) == 0) {
    server_.close();
    io_.stop();
  }
}

// Later, because the advert that brought the new session is still to be acted upon.
void Daemon::save_session() {
  if (auto saved = sessions_.save(board_.stamps()); !saved) log::warning("{}", saved.error().message);
}

// The line that `systemctl status` shows.
void Daemon::tell_manager() {
  const std::string text = instances_.summary();
  if (text.empty() || text == told_manager_) return;
  told_manager_ = text;
  io::notify_manager("STATUS=" + text);
}

void Daemon::renew_later() {
  renewal_.expires_after(AddressKeeper::renewal_period);
  renewal_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    instances_.renew();
    renew_later();
  });
}

bool Daemon::fail_over(const std::string& name, const FailoverRequest& request,
                       std::function<void(const FailoverOutcome&)> reply) {
  Instance* instance = instances_.find(name);
  if (instance != nullptr) instance->fail_over(request, std::move(reply));
  return instance != nullptr;
}

ReloadOutcome Daemon::reload() {
  io::notify_manager("RELOADING=1");
  ReloadOutcome outcome{.generation = generation_};
  Reloaded loaded = load_again(options_.config_file, options_.node);
  outcome.diagnostics = std::move(loaded.diagnostics);
  for (const auto& diagnostic : outcome.diagnostics) log::error("{}", diagnostic.to_string());
  if (!outcome.diagnostics.empty()) {
    log::error("reload refused: the running configuration is kept");
    io::notify_manager("READY=1");
    return outcome;
  }

  outcome.changed = loaded.settings != settings_;
  settings_ = std::move(loaded.settings);
  track();
  instances_.apply(settings_);
  look_at_host();
  voting_.set(std::move(loaded.voting));
  config_loaded_ = io::now();
  outcome.generation = ++generation_;
  log::info("configuration loaded again: {}", outcome.changed ? "changes applied" : "nothing changed for vrrpd");
  io::notify_manager("READY=1");
  return outcome;
}

void Daemon::stop() {
  if (stopping_) return;
  stopping_ = true;
  io::notify_manager("STOPPING=1");
  log::info("stopping: handing the addresses over");
  instances_.stop();
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
  instances_.describe(status);
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
