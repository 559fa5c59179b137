#include "lbd/control/status_page.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/config/names.hpp"
#include "common/io/daemon.hpp"

namespace tandem::lbd {
namespace {

using nlohmann::json;

std::int64_t nanoseconds(TimePoint time) { return time.time_since_epoch().count(); }

json listener_json(const config::ListenerConfig& config, ListenerTotals totals) {
  return {{"name", config.name},
          {"protocol", config::name_of(config.protocol)},
          {"address", config.address ? config.address->to_string() : "*"},
          {"port", config.port},
          {"connections", totals.connections},
          {"requests_total", totals.requests}};
}

json backend_json(const BackendState& state, const BackendTotals& totals) {
  const Availability availability = state.availability();
  return {{"name", state.config.name},
          {"address", state.config.address.to_string()},
          {"weight", availability.weight},
          {"health", health_name(availability.health)},
          {"health_reason", state.verdict.reason},
          {"since_ns", nanoseconds(state.verdict.since)},
          {"admin", availability.draining ? "drain" : "enabled"},
          {"active_connections", totals.active},
          {"requests_total", totals.requests},
          {"errors_total", totals.errors}};
}

std::string_view sticky_name(const config::TargetGroupConfig& group) {
  return group.sticky ? config::name_of(group.sticky->type) : "none";
}

json group_json(const config::TargetGroupConfig& group, const LiveConfig& live) {
  json backends = json::array();
  for (const auto& backend : group.backends) {
    const BackendState* state = live.board().find(group.name, backend.name);
    if (state != nullptr) backends.push_back(backend_json(*state, live.workers().totals(state->id)));
  }
  return {{"name", group.name},
          {"algorithm", config::name_of(group.algorithm)},
          {"sticky", sticky_name(group)},
          {"backends", std::move(backends)}};
}

}  // namespace

std::string_view health_name(Availability::Health health) {
  switch (health) {
    case Availability::Health::unknown: return "unknown";
    case Availability::Health::up: return "up";
    case Availability::Health::down: return "down";
  }
  return "unknown";
}

std::string status_json(const AdminContext& context) {
  LiveConfig& live = context.live;
  const Readiness& readiness = context.readiness.current();
  std::uint64_t connections = 0;
  json listeners = json::array();
  for (const auto& listener : live.config().listeners) {
    const ListenerTotals totals = live.workers().totals(live.ids().listener(listener));
    connections += totals.connections;
    listeners.push_back(listener_json(listener, totals));
  }
  json groups = json::array();
  for (const auto& group : live.config().target_groups) groups.push_back(group_json(group, live));
  const json status = {{"node", context.node},
                       {"daemon", "lbd"},
                       {"version", io::version()},
                       {"pid", ::getpid()},
                       {"started_ns", nanoseconds(context.started)},
                       {"ready", readiness.ready},
                       {"ready_reason", readiness.reason},
                       {"config",
                        {{"file", context.reloader.file()},
                         {"generation", live.generation()},
                         {"loaded_ns", nanoseconds(live.applied_at())}}},
                       {"workers", live.workers().size()},
                       {"engine", live.engine()},
                       {"client_connections", connections},
                       {"listeners", std::move(listeners)},
                       {"target_groups", std::move(groups)},
                       {"sync", {{"connected", context.sync_connected()}}}};
  return status.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tandem::lbd
