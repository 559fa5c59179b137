#include <nlohmann/json.hpp>
#include <unistd.h>

#include "common/config/names.hpp"
#include "common/io/clock.hpp"
#include "common/io/daemon.hpp"
#include "vrrpd/io/node_status.hpp"

namespace tandem::vrrp {
namespace {

using nlohmann::ordered_json;

std::int64_t nanoseconds_of(TimePoint time) { return time.time_since_epoch().count(); }

std::int64_t milliseconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// To the microsecond.
double fine_milliseconds(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) / 1000;
}

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json(nullptr) : ordered_json(text); }

ordered_json dropped_json(const DropCounters& dropped) {
  ordered_json out = ordered_json::object();
  for (std::size_t cause = 1; cause < dropped.size(); ++cause) {
    out[std::string(to_string(static_cast<Drop>(cause)))] = dropped[cause];
  }
  return out;
}

ordered_json lease_json(const LeaseStatus& lease) {
  ordered_json out = {{"bound_ms", fine_milliseconds(lease.bound)},
                      {"enforced", lease.enforced},
                      {"reason", lease.impediment},
                      {"remaining_ms", nullptr},
                      {"silenced_packets", lease.silenced}};
  if (lease.remaining) out["remaining_ms"] = fine_milliseconds(*lease.remaining);
  return out;
}

ordered_json track_json(const TrackStatus& track) {
  const Condition& condition = *track.condition;
  return {{"kind", config::track_kind_names[static_cast<std::size_t>(condition.config.kind)]},
          {"name", condition.name},
          {"weight", track.weight},
          {"holds", condition.holds()},
          {"reason", condition.reason},
          {"since_ns", nanoseconds_of(condition.since)}};
}

// Only the buckets that hold something: 255 addresses would have eleven thousand of them.
ordered_json buckets_json(const metrics::Histogram& histogram) {
  ordered_json out = ordered_json::array();
  for (std::size_t bucket = 0; bucket < metrics::histogram_buckets; ++bucket) {
    if (histogram.counts[bucket] == 0) continue;
    const bool bounded = bucket < metrics::histogram_bounds;
    out.push_back({{"le_ms", bounded ? ordered_json(fine_milliseconds(metrics::histogram_bound(bucket))) : ordered_json(nullptr)},
                   {"count", histogram.counts[bucket]}});
  }
  return out;
}

ordered_json lateness_json(const metrics::Histogram& lateness) {
  return {{"count", lateness.total()},
          {"p50_ms", fine_milliseconds(lateness.quantile(0.5))},
          {"p99_ms", fine_milliseconds(lateness.quantile(0.99))},
          {"max_ms", fine_milliseconds(lateness.quantile(1))},
          {"buckets", buckets_json(lateness)}};
}

ordered_json timers_json(const TimerStatus& timers) {
  return {{"active_adver_interval_ms", fine_milliseconds(timers.active_adver_interval)},
          {"skew_time_ms", fine_milliseconds(timers.skew_time)},
          {"active_down_interval_ms", fine_milliseconds(timers.active_down_interval)},
          {"due_ms", timers.due ? ordered_json(fine_milliseconds(*timers.due)) : ordered_json(nullptr)}};
}

std::string_view to_string(Sight sight) {
  switch (sight) {
    case Sight::unknown: return "unknown";
    case Sight::clear: return "clear";
    case Sight::doubtful: return "doubtful";
    case Sight::lost: return "lost";
  }
  return "unknown";
}

ordered_json vote_json(const VoteStatus& vote, const InstanceConfig& config) {
  const std::string& peer_name = config.peer.name;
  const Reason reason = vote.verdict.reason;
  // A peer that owns and is heard is what a Backup is for.
  const bool matters = vote.held || reason != Reason::peer_lives;
  ordered_json out = {{"reason", to_string(reason)},
                      {"text", matters ? explain(reason, peer_name) : ""},
                      {"remedy", vote.held ? remedy(reason, config.virtual_address.name, config.self.name, peer_name) : ""},
                      {"held", vote.held},
                      {"epoch", vote.epoch},
                      {"witnesses", to_string(vote.sight)},
                      {"peer", nullptr}};
  if (vote.peer) {
    out["peer"] = {{"owns", vote.peer->owns}, {"fit", vote.peer->fit}, {"witnesses", to_string(vote.peer->sight)},
                   {"epoch", vote.peer->epoch}};
  }
  return out;
}

ordered_json witnesses_json(const std::vector<WitnessStatus>& witnesses) {
  ordered_json out = ordered_json::array();
  for (const auto& [witness, answers] : witnesses) {
    const std::string name = witness.port == 0 ? witness.address.to_string() : witness.to_string();
    out.push_back({{"witness", name}, {"answers", answers ? ordered_json(*answers) : ordered_json(nullptr)}});
  }
  return out;
}

ordered_json virtual_mac_json(const std::optional<VirtualMacStatus>& status) {
  if (!status) return nullptr;
  return {{"address", status->address},
          {"device", text_or_null(status->device)},
          {"in_force", !status->device.empty()},
          {"problem", status->problem}};
}

ordered_json virtual_address_json(const InstanceConfig& config, const InstanceStatus& status, bool in_sync) {
  const auto& virtual_address = config.virtual_address;
  ordered_json addresses = ordered_json::array();
  for (const Prefix& prefix : virtual_address.addresses) addresses.push_back(prefix.to_string());
  ordered_json out = {
      {"name", virtual_address.name},
      {"addresses", addresses},
      {"interface", virtual_address.interface},
      {"vrid", virtual_address.vrid},
      {"sync_group", text_or_null(virtual_address.sync_group)},
      {"state", to_string(status.state)},
      {"owner", text_or_null(status.owner)},
      {"since_ns", nanoseconds_of(status.since)},
      {"cause", status.cause},
      {"priority", status.priority},
      {"preferred_node", virtual_address.preferred_node},
      {"in_sync", in_sync},
      {"may_take_over", status.may_take_over},
      {"may_take_over_reason", status.may_take_over_reason},
      {"advert_interval_ms", milliseconds_of(virtual_address.advert_interval)},
      {"timers", timers_json(status.timers)},
      {"adverts_sent", status.adverts_sent},
      {"adverts_received", status.adverts_received},
      {"adverts_dropped", dropped_json(status.dropped)},
      {"peer_priority", nullptr},
      {"peer_last_advert_ms", nullptr},
      {"authentication",
       {{"enabled", status.authenticated}, {"problem", text_or_null(status.authentication_problem)}}},
      {"announcements", status.announcements},
      {"conflicts", status.conflicts},
      {"addresses_restored", status.restored},
      {"late_total", status.late},
      {"lease", lease_json(status.lease)},
      {"lateness", lateness_json(status.lateness)},
      {"vote", vote_json(status.vote, config)},
      {"virtual_mac", virtual_mac_json(status.virtual_mac)},
  };
  out["track"] = ordered_json::array();
  for (const TrackStatus& track : status.track) out["track"].push_back(track_json(track));
  if (status.peer) {
    out["peer_priority"] = status.peer->priority;
    out["peer_last_advert_ms"] = milliseconds_of(io::now() - status.peer->heard);
  }
  return out;
}

ordered_json maintenance_object(const MaintenanceStatus& maintenance) {
  return {{"on", maintenance.on},
          {"since", text_or_null(utc_time(maintenance.since_s))},
          {"reason", maintenance.reason}};
}

}  // namespace

std::string maintenance_json(const MaintenanceStatus& maintenance) {
  return maintenance_object(maintenance).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string status_json(const NodeStatus& status) {
  ordered_json addresses = ordered_json::array();
  for (const auto& [config, instance] : status.virtual_addresses) {
    addresses.push_back(virtual_address_json(config, instance, status.sync.in_sync));
  }
  const ordered_json out = {
      {"node", status.node},
      {"daemon", "vrrpd"},
      {"version", io::version()},
      {"pid", ::getpid()},
      {"guard_pid", ::getppid()},
      {"started_ns", nanoseconds_of(status.started)},
      {"config",
       {{"file", status.config_file},
        {"generation", status.generation},
        {"loaded_ns", nanoseconds_of(status.config_loaded)}}},
      {"lbd_ready", status.lbd.connected && status.lbd.ready},
      {"lbd_reason", status.lbd.reason},
      {"in_sync", status.sync.in_sync},
      {"in_sync_reason", status.sync.reason},
      {"peer_connected", status.sync.peer_connected},
      {"witnesses", witnesses_json(status.witnesses)},
      {"maintenance", maintenance_object(status.maintenance)},
      {"realtime", {{"fifo", status.realtime.fifo}, {"memory_locked", status.realtime.locked}}},
      {"virtual_addresses", addresses},
  };
  // A reason may hold any bytes that lbd or syncd sent.
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace tandem::vrrp
