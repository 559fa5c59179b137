// The workers of this lbd, and the sums of what they count.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/metrics/histogram.hpp"
#include "lbd/runtime/worker.hpp"

namespace tandem::lbd {

/// BackendCounters, summed over the workers.
struct BackendTotals {
  std::uint64_t requests = 0, errors = 0, connects = 0, connect_errors = 0, active = 0, idle_connections = 0,
                retries = 0, bytes_sent = 0, bytes_received = 0;
  std::array<std::uint64_t, 6> responses{};
  metrics::Histogram first_byte;
};

/// ListenerCounters, summed over the workers.
struct ListenerTotals {
  std::uint64_t accepted = 0, connections = 0, requests = 0, bytes_received = 0, bytes_sent = 0;
  std::array<std::uint64_t, 6> responses{};
  metrics::Histogram latency;
};

/// Control thread only.
class WorkerPool {
 public:
  /// `sink` outlives the pool.
  WorkerPool(std::uint32_t count, ControlSink& sink, config::Engine engine);

  void start(const SnapshotPtr& snapshot);
  /// To every worker but `except`.
  void post(const WorkerMessage& message, std::optional<std::uint32_t> except = std::nullopt);
  /// Ends all threads.
  void stop();

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(workers_.size()); }
  /// Borrowed; valid as long as the pool.
  [[nodiscard]] std::vector<Worker*> all() const;
  [[nodiscard]] const WorkerCounters& counters(std::uint32_t worker) const { return workers_[worker]->counters(); }
  [[nodiscard]] BackendTotals totals(BackendId backend) const;
  [[nodiscard]] ListenerTotals totals(ListenerId listener) const;
  /// Requests and TCP connections in flight at a backend.
  [[nodiscard]] std::uint64_t active(BackendId backend) const;

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tandem::lbd
