// What all sessions of one worker share. One thread only.
#pragma once

#include <cstdint>

#include "lbd/core/retry.hpp"
#include "lbd/core/rng.hpp"
#include "lbd/engine/intrusive_list.hpp"
#include "lbd/engine/loop.hpp"
#include "lbd/proxy/buffers.hpp"
#include "lbd/proxy/cookie_keys.hpp"
#include "lbd/runtime/access_record.hpp"
#include "lbd/runtime/counters.hpp"
#include "lbd/runtime/ring.hpp"
#include "lbd/runtime/worker.hpp"

namespace tandem::lbd {

class Backend;
class ClientSession;
struct BackendTag;
struct SessionTag;
struct IdleTag;

struct WorkerContext {
  WorkerContext(std::uint32_t worker_index, ControlSink& control, WorkerCounters& worker_counters,
                Ring<AccessRecord>& log, std::uint64_t seed)
      : index(worker_index), sink(control), counters(worker_counters), access_ring(log),
        buffers(worker_counters.buffers_in_use, worker_counters.spliced_bytes), rng(seed) {}

  const std::uint32_t index;
  ControlSink& sink;
  WorkerCounters& counters;
  Ring<AccessRecord>& access_ring;
  Loop loop;
  Buffers buffers;
  Rng rng;
  CookieKeys cookie_keys;
  RetryBudget retry_budget{20};
  std::uint64_t active_requests = 0;
  /// Unix time, for sticky cookies; refreshed every second.
  std::int64_t unix_seconds = 0;

  // Of the snapshot in force.
  config::TimeoutsConfig timeouts;
  config::LimitsConfig limits;
  bool access_log = false;
  bool draining = false;

  IntrusiveList<ClientSession, SessionTag> sessions;
  IntrusiveList<ClientSession, IdleTag> idle_sessions;  // front: idle for longest
  std::uint32_t session_count = 0;
  std::uint32_t max_sessions = UINT32_MAX;  // this worker's share of limits.max_connections
  IntrusiveList<Backend, BackendTag> backends;  // of the snapshot in force

  /// Closes up to `at_most` client connections that have carried nothing for a moment (so that one
  /// which has only just come is not the victim), those idle for longest first.
  bool make_room(std::uint32_t at_most);
  /// Closes all client connections that carry nothing.
  void close_idle_clients();
  /// Closes up to `at_most` idle connections of each backend.
  bool close_idle_backend_connections(std::uint32_t at_most);
};

}  // namespace tandem::lbd
