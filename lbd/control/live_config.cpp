#include "lbd/control/live_config.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "lbd/control/override_codec.hpp"
#include "lbd/control/rule_check.hpp"
#include "lbd/control/snapshot_builder.hpp"

namespace tandem::lbd {
namespace {

std::vector<HealthTarget> health_targets(const config::Config& config, IdRegistry& ids) {
  std::vector<HealthTarget> targets;
  for (const auto& group : config.target_groups) {
    for (const auto& backend : group.backends) {
      targets.push_back({ids.backend(group.name, backend), backend.address, group.health_check});
    }
  }
  return targets;
}

std::string_view health_event(Availability::Health health) {
  return health == Availability::Health::up ? "backend_up" : "backend_down";
}

}  // namespace

LiveConfig::LiveConfig(boost::asio::io_context& io, Environment environment)
    : io_(io),
      environment_(std::move(environment)),
      acknowledged_(environment_.workers, 0),
      sockets_(environment_.workers),
      workers_(environment_.workers, environment_.sink, environment_.engine),
      health_(io, [this](BackendId backend, Availability::Health health, std::string_view reason) {
        on_verdict(backend, health, reason);
      }),
      access_log_(workers_.all()) {}

Result<> LiveConfig::apply(const config::Config& next) {
  if (auto opened = open_everything(next); !opened) {
    close_unused_sockets();  // what the failed attempt had opened already
    return opened;
  }
  const bool first = generation_ == 0;
  config_ = next;
  ++generation_;
  applied_at_ = io::now();
  board_.configure(config_, ids_, applied_at_);
  auto snapshot = build_snapshot(config_, ids_, board_, sockets_.sockets(), environment_.node, ++snapshot_generation_);
  access_log_.set_names(ids_.names());
  run_by(std::move(snapshot));
  if (first) access_log_.start();
  health_.apply(health_targets(config_, ids_));
  return {};
}

Result<> LiveConfig::open_everything(const config::Config& next) {
  if (auto runnable = check_rules(next); !runnable) return runnable;
  if (auto opened = sockets_.open(next.listeners, ids_); !opened) return opened;
  const bool move_metrics = generation_ == 0 || next.admin.metrics_address != config_.admin.metrics_address;
  std::unique_ptr<io::HttpServer> metrics;
  if (move_metrics && next.admin.metrics_address) {
    metrics = std::make_unique<io::HttpServer>(io_);
    metrics->route("GET", "/metrics", environment_.metrics);
    if (auto listening = metrics->listen_tcp(*next.admin.metrics_address); !listening) {
      return Error{fmt::format("admin.metrics_address: {}", listening.error().message)};
    }
  }
  if (auto opened = access_log_.open(next.log.access_log); !opened) return opened;
  if (move_metrics) metrics_server_ = std::move(metrics);
  return {};
}

void LiveConfig::run_by(SnapshotPtr snapshot) {
  const bool first = snapshot_ == nullptr;
  snapshot_ = std::move(snapshot);
  if (first) {
    workers_.start(snapshot_);
    acknowledged_.assign(acknowledged_.size(), snapshot_generation_);
  } else {
    workers_.post(ApplySnapshot{snapshot_});
  }
}

void LiveConfig::applied(const SnapshotApplied& message) {
  acknowledged_[message.worker] = std::max(acknowledged_[message.worker], message.generation);
  close_unused_sockets();
}

void LiveConfig::started(const EngineInUse& message) {
  const std::string_view name = message.io_uring ? "io_uring" : "epoll";
  const bool first = engine_.empty();
  const bool differs = !first && engine_ != name;
  if (first) engine_ = name;
  if (differs) engine_ = "mixed";
  if (!first && !differs) return;
  if (message.refusal.empty()) {
    log::info("engine: {}", name);
  } else if (differs || environment_.engine == config::Engine::io_uring) {
    log::warning("engine: worker {} uses epoll, not io_uring: {}", message.worker, message.refusal);
  } else {
    log::info("engine: epoll, because {}", message.refusal);
  }
}

// Not before every worker runs the present snapshot: one that still accepts on a closed descriptor might meet
// somebody else's. The last acknowledgement brings us here again.
void LiveConfig::close_unused_sockets() {
  const bool all_run_it = std::all_of(acknowledged_.begin(), acknowledged_.end(), [this](std::uint64_t generation) {
    return generation == snapshot_generation_;
  });
  if (!all_run_it) return;
  std::set<ListenerId> used;
  if (snapshot_) {
    for (const auto& listener : snapshot_->listeners) used.insert(listener.id);
  }
  sockets_.close_all_but(used);
}

void LiveConfig::stop_listening() { run_by(without_listeners(*snapshot_, ++snapshot_generation_)); }

void LiveConfig::stop() {
  health_.stop();
  workers_.stop();
  access_log_.stop();  // after the workers: what was cut leaves its lines too
  metrics_server_.reset();
}

void LiveConfig::on_verdict(BackendId backend, Availability::Health health, std::string_view reason) {
  const auto changed = board_.set_verdict(backend, health, reason, io::now());
  if (changed) {
    workers_.post(SetAvailability{backend, *changed});
    const BackendState* state = board_.find(backend);
    environment_.events.add(health_event(health), override_key(state->group, state->config.name), reason,
                            {{"address", state->config.address.to_string()}});
  }
  environment_.on_health_change();
}

}  // namespace tandem::lbd
