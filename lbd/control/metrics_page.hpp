// GET /metrics of lbd: Prometheus text. doc/METRICS.md lists the names, which are stable.
#pragma once

#include <string>

#include "lbd/control/live_config.hpp"
#include "lbd/control/readiness.hpp"

namespace tandem::lbd {

/// What the page shows beside the live configuration.
struct MetricsContext {
  const Readiness& readiness;
  std::uint64_t reloads_accepted = 0;
  std::uint64_t reloads_refused = 0;
  std::uint64_t hints_dropped = 0;        // by the control queue
  std::uint64_t replicated_ignored = 0;   // entries that were not understood
  std::uint64_t replicated_refused = 0;   // entries that did not fit in a table
  bool sync_connected = false;
  std::uint64_t control_refused = 0;      // changes asked for by who may only look
};

/// Sums over the workers now; a few microseconds per backend.
[[nodiscard]] std::string metrics_page(LiveConfig& live, const MetricsContext& context);

}  // namespace tandem::lbd
