#include "lbd/control/worker_pool.hpp"

#include <algorithm>

namespace tandem::lbd {
namespace {

void add_up(std::array<std::uint64_t, 6>& sums, const std::array<Counter, 6>& counters) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += counters[i].get();
}

}  // namespace

WorkerPool::WorkerPool(std::uint32_t count, ControlSink& sink, config::Engine engine) {
  for (std::uint32_t index = 0; index < count; ++index) workers_.push_back(std::make_unique<Worker>(index, sink, engine));
}

void WorkerPool::start(const SnapshotPtr& snapshot) {
  for (auto& worker : workers_) worker->start(snapshot);
}

void WorkerPool::post(const WorkerMessage& message, std::optional<std::uint32_t> except) {
  for (std::uint32_t index = 0; index < size(); ++index) {
    if (index != except) workers_[index]->post(message);
  }
}

void WorkerPool::stop() {
  for (auto& worker : workers_) worker->stop();
}

std::vector<Worker*> WorkerPool::all() const {
  std::vector<Worker*> result;
  for (const auto& worker : workers_) result.push_back(worker.get());
  return result;
}

BackendTotals WorkerPool::totals(BackendId backend) const {
  BackendTotals sum;
  for (const auto& worker : workers_) {
    const BackendCounters* counters = worker->backend_counters(backend);
    if (counters == nullptr) continue;
    sum.requests += counters->requests.get();
    sum.errors += counters->errors.get();
    sum.connects += counters->connects.get();
    sum.connect_errors += counters->connect_errors.get();
    sum.active += counters->active.get();
    sum.idle_connections += counters->idle_connections.get();
    sum.retries += counters->retries.get();
    sum.bytes_sent += counters->bytes_sent.get();
    sum.bytes_received += counters->bytes_received.get();
    add_up(sum.responses, counters->responses);
    sum.first_byte.merge(counters->first_byte.snapshot());
  }
  return sum;
}

ListenerTotals WorkerPool::totals(ListenerId listener) const {
  ListenerTotals sum;
  for (const auto& worker : workers_) {
    const ListenerCounters* counters = worker->listener_counters(listener);
    if (counters == nullptr) continue;
    sum.accepted += counters->accepted.get();
    sum.connections += counters->connections.get();
    sum.requests += counters->requests.get();
    sum.bytes_received += counters->bytes_received.get();
    sum.bytes_sent += counters->bytes_sent.get();
    add_up(sum.responses, counters->responses);
    sum.latency.merge(counters->latency.snapshot());
  }
  return sum;
}

std::uint64_t WorkerPool::active(BackendId backend) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) {
    if (const BackendCounters* counters = worker->backend_counters(backend)) sum += counters->active.get();
  }
  return sum;
}

}  // namespace tandem::lbd
