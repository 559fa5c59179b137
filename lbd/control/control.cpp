#include "lbd/control/control.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "common/io/event_log.hpp"
#include "common/io/http_server.hpp"
#include "common/io/lifeline.hpp"
#include "common/io/service_manager.hpp"
#include "common/io/signals.hpp"
#include "common/io/spawn.hpp"
#include "common/io/watchdog.hpp"
#include "common/log/log.hpp"
#include "common/metrics/text.hpp"
#include "lbd/control/admin_api.hpp"
#include "lbd/control/control_sink.hpp"
#include "lbd/control/live_config.hpp"
#include "lbd/control/metrics_page.hpp"
#include "lbd/control/pulse.hpp"
#include "lbd/control/readiness_feed.hpp"
#include "lbd/control/reloader.hpp"
#include "lbd/control/replication.hpp"

namespace tandem::lbd {
namespace {

namespace asio = boost::asio;

constexpr auto first_health_patience = std::chrono::seconds(2);
// vrrpd hands the addresses over within milliseconds of "not ready"; until then nobody may be refused.
constexpr auto handover_grace = std::chrono::milliseconds(500);
// Beyond the drain deadline: workers cut what is left by themselves, and say so.
constexpr auto drain_slack = std::chrono::seconds(1);
// For what comes after the drain: closing, joining threads, writing the last lines of the access log.
constexpr auto stop_slack = std::chrono::seconds(5);

std::uint32_t worker_count(const config::Config& config) {
  return config.workers != 0 ? config.workers : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

struct Control::Impl {
  Impl(const io::DaemonOptions& daemon_options, const config::Config& first_config);

  Result<> start();
  LiveConfig::Environment environment();
  void hold_lifeline();
  void serve();
  void on_message(const ControlMessage& message);
  void on_worker_drained();
  void set_ready_input(bool ReadinessInputs::*input);
  void on_readiness(const Readiness& readiness);
  void beat_later();
  void on_stop_signal();
  asio::awaitable<void> leave();
  asio::awaitable<void> wait(Duration duration);
  void finish();
  bool workers_answer();
  std::string metrics();

  const io::DaemonOptions options;
  const config::Config config;
  const TimePoint started = io::now();

  // Destroyed from below: what uses something stands after it.
  asio::io_context io{1};
  io::EventLog events;
  ReadinessFeed readiness;
  QueueSink sink;
  LiveConfig live;
  Reloader reloader;
  std::unique_ptr<Replication> replication;  // once live has its first configuration
  io::HttpServer admin;
  std::optional<io::Lifeline> lifeline;  // by it vrrpd learns at once of the death of this thread
  Pulse pulse;
  io::Watchdog watchdog;
  std::unique_ptr<io::Signals> signals;
  asio::steady_timer health_patience;
  asio::steady_timer heartbeat;
  asio::steady_timer departure;  // what leave() waits for
  std::uint32_t workers_to_drain = 0;
  bool leaving = false;
};

Control::Impl::Impl(const io::DaemonOptions& daemon_options, const config::Config& first_config)
    : options(daemon_options),
      config(first_config),
      events(options.node, "lbd"),
      readiness([this](const Readiness& now) { on_readiness(now); }),
      sink(io),
      live(io, environment()),
      reloader(options.config_file, live, events, [this] { replication->configure(); }),
      admin(io),
      pulse(live.workers().size(), [this](const Ping& ping) { live.workers().post(ping); }),
      watchdog(io, [this] { return workers_answer(); }),
      health_patience(io),
      heartbeat(io),
      departure(io) {}

LiveConfig::Environment Control::Impl::environment() {
  return {options.node, worker_count(config), config.engine, sink, events,
          [this](const io::HttpRequest&) {
            return io::HttpResponse{200, metrics(), metrics::text_content_type};
          },
          [this] {
            if (live.board().unknown_count() == 0) set_ready_input(&ReadinessInputs::health_known);
          }};
}

Result<> Control::Impl::start() {
  if (auto prepared = io::prepare_run_dir(options.run_dir); !prepared) return prepared;
  if (auto started_sink = sink.start([this](const ControlMessage& message) { on_message(message); }); !started_sink) {
    return started_sink;
  }
  serve();
  // First the control socket: it tells a second lbd of the same run-dir apart from a stranger on our ports.
  if (auto listening = admin.listen_unix(options.run_dir + "/lbd.sock"); !listening) return listening;
  hold_lifeline();
  if (auto applied = live.apply(config); !applied) return applied;
  if (!config.cluster) set_ready_input(&ReadinessInputs::caught_up);
  set_ready_input(&ReadinessInputs::workers_running);
  if (live.board().all().empty()) set_ready_input(&ReadinessInputs::health_known);
  health_patience.expires_after(first_health_patience);
  health_patience.async_wait([this](const boost::system::error_code& error) {
    if (error || readiness.inputs().health_known) return;
    log::warning("{} backends have no health check result after {} s: going on without them",
                 live.board().unknown_count(), first_health_patience.count());
    set_ready_input(&ReadinessInputs::health_known);
  });
  beat_later();
  return replication->start(options.run_dir + "/syncd-feed.sock", options.node);
}

// Once the control socket is this lbd's, and before it answers there: the file is then not that of another one.
void Control::Impl::hold_lifeline() {
  auto made = io::Lifeline::in_file(options.run_dir + "/lbd.lifeline");
  if (made) lifeline.emplace(std::move(*made));
  const auto held = lifeline ? lifeline->hold() : Result<>(made.error());
  if (!held) log::warning("{}; vrrpd notices the death of this lbd only when all of its connections are closed",
                          held.error().message);
}

void Control::Impl::serve() {
  replication = std::make_unique<Replication>(io, live, events, config.cluster.has_value(),
                                              [this] { set_ready_input(&ReadinessInputs::caught_up); });
  serve_admin_api(admin, {options.node, started, live, replication->overrides(), reloader, readiness,
                          [this] { return replication->connected(); }});
  readiness.serve(admin);
  events.serve(admin);
  admin.route("GET", "/metrics", environment().metrics);
}

void Control::Impl::beat_later() {
  heartbeat.expires_after(ReadinessFeed::heartbeat_period);
  heartbeat.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    readiness.beat();
    beat_later();
  });
}

void Control::Impl::on_message(const ControlMessage& message) {
  if (const auto* learned = std::get_if<StickyLearned>(&message)) {
    replication->learned(*learned);
  } else if (const auto* failed = std::get_if<BackendFailed>(&message)) {
    live.health().probe_now(failed->backend);
  } else if (const auto* applied = std::get_if<SnapshotApplied>(&message)) {
    live.applied(*applied);
  } else if (const auto* in_use = std::get_if<EngineInUse>(&message)) {
    live.started(*in_use);
  } else if (std::holds_alternative<Drained>(message)) {
    on_worker_drained();
  } else if (const auto* pong = std::get_if<Pong>(&message)) {
    pulse.answered(*pong);
  }
}

void Control::Impl::on_worker_drained() {
  if (workers_to_drain == 0 || --workers_to_drain > 0) return;
  departure.cancel();
}

void Control::Impl::set_ready_input(bool ReadinessInputs::*input) {
  ReadinessInputs inputs = readiness.inputs();
  inputs.*input = true;
  readiness.update(inputs);
}

void Control::Impl::on_readiness(const Readiness& now) {
  events.add(now.ready ? "ready" : "not_ready", options.node, now.ready ? "serving" : now.reason);
  io::notify_manager(now.ready ? "STATUS=serving" : "STATUS=not ready: " + now.reason);
}

void Control::Impl::on_stop_signal() {
  if (std::exchange(leaving, true)) {
    log::warning("asked to stop a second time: open connections are cut");
    finish();
    return;
  }
  // The manager's own patience is a guess; here is known how long a drain may take.
  const auto longest = live.config().timeouts.drain + handover_grace + drain_slack + stop_slack;
  io::notify_manager(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}",
                                 std::chrono::duration_cast<std::chrono::microseconds>(longest).count()));
  set_ready_input(&ReadinessInputs::draining);
  io::spawn(io, "leave", leave());
}

asio::awaitable<void> Control::Impl::wait(Duration duration) {
  departure.expires_after(duration);
  auto ended = co_await departure.async_wait(asio::as_tuple(asio::use_awaitable));
  static_cast<void>(ended);  // elapsed, or cancelled because there is nothing left to wait for
}

asio::awaitable<void> Control::Impl::leave() {
  if (config.cluster) co_await wait(handover_grace);
  const Duration patience = live.config().timeouts.drain;
  workers_to_drain = live.workers().size();
  live.stop_listening();
  live.workers().post(Drain{io::now() + patience});
  co_await wait(patience + drain_slack);
  events.add("leave", options.node, workers_to_drain == 0 ? "all connections are finished" : "drain time is over");
  finish();
}

void Control::Impl::finish() {
  signals->cancel();
  replication->stop();
  live.stop();
  sink.stop();
  lifeline.reset();  // while no successor can have taken the control socket, and with it the file
  admin.close();
  io.stop();
}

bool Control::Impl::workers_answer() {
  if (pulse.beat()) return true;
  log::error("worker {} does not answer: if that goes on, the service manager restarts lbd",
             pulse.silent().value_or(0));
  return false;
}

std::string Control::Impl::metrics() {
  return metrics_page(live, {readiness.current(), reloader.accepted_total(), reloader.refused_total(), sink.dropped(),
                             replication->ignored(), replication->refused(), replication->connected(),
                             admin.refused()});
}

Control::Control(const io::DaemonOptions& options, const config::Config& config)
    : impl_(std::make_unique<Impl>(options, config)) {}

Control::~Control() = default;

Result<> Control::run() {
  impl_->signals = std::make_unique<io::Signals>(impl_->io, [this] { impl_->on_stop_signal(); },
                                                 [this] { impl_->reloader.reload(); });
  if (auto started = impl_->start(); !started) return started;
  io::notify_manager("READY=1");
  impl_->watchdog.start();
  log::info("running: {} workers, {} listeners, {} target groups", impl_->live.workers().size(),
            impl_->config.listeners.size(), impl_->config.target_groups.size());
  impl_->io.run();
  return {};
}

}  // namespace tandem::lbd
