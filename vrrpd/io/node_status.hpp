// All that vrrpd shows of itself, as a value: for the status, its stream, and the metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vrrpd/io/instance.hpp"
#include "vrrpd/io/realtime.hpp"
#include "vrrpd/io/voting.hpp"

namespace tandem::vrrp {

struct NodeStatus {
  std::string node;
  TimePoint started{};
  std::string config_file;
  std::uint64_t generation = 1;  // of the configuration
  TimePoint config_loaded{};
  RealtimeStatus realtime;
  LbdStatus lbd;
  SyncStatus sync;
  std::vector<WitnessStatus> witnesses;
  MaintenanceStatus maintenance;
  std::vector<std::pair<InstanceConfig, InstanceStatus>> virtual_addresses;
  std::vector<std::shared_ptr<const Condition>> conditions;  // tracked by whichever address
  std::uint64_t control_refused = 0;  // changes asked for by who may only look
  std::vector<std::pair<std::string, DropCounters>> interfaces;  // packets for no virtual router of ours
};

/// The object of GET /v1/status.
std::string status_json(const NodeStatus& status);
/// {"on", "since", "reason"}, as it stands in the status.
std::string maintenance_json(const MaintenanceStatus& maintenance);
/// Prometheus text.
std::string metrics_text(const NodeStatus& status);

}  // namespace tandem::vrrp
