// What syncd shows of itself: the status object and the metrics (doc/protocols/control.md).
#pragma once

#include <string>

#include "common/base/time.hpp"
#include "syncd/core/replicator.hpp"
#include "syncd/io/peer_link.hpp"

namespace tandem::sync {

/// Everything that a page is made from; references are valid during the call only.
struct StatusSource {
  const Replicator& replicator;
  LinkStatus link;
  TimePoint started;
  TimePoint peer_since;  // when the peer was connected or lost
  TimePoint now;
  std::uint64_t control_refused = 0;  // changes asked for by who may only look
};

[[nodiscard]] bool peer_connected(const Replicator& replicator);

/// The body of GET /v1/status.
std::string status_json(const StatusSource& source);

/// The body of GET /metrics.
std::string metrics_text(const StatusSource& source);

}  // namespace tandem::sync
