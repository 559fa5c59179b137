// Counters of the data path: written by exactly one worker, read by the control thread at any time.
//
// An increment is a plain load and store (relaxed atomics, single writer): no lock prefix, no cache
// line shared between writers. The control thread sums over the workers when somebody looks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/metrics/counter.hpp"
#include "common/metrics/histogram.hpp"
#include "lbd/core/session_end.hpp"

namespace tandem::lbd {

using metrics::Counter;

/// Per worker and backend.
struct BackendCounters {
  Counter requests;            // HTTP requests or TCP connections sent to it
  Counter errors;              // ended on the backend's side with an error
  Counter connects;            // connections opened
  Counter connect_errors;
  Counter active;              // requests or TCP connections in flight (a gauge)
  Counter idle_connections;    // kept for reuse (a gauge)
  Counter retries;             // requests that went elsewhere after failing here
  Counter bytes_sent;
  Counter bytes_received;
  std::array<Counter, 6> responses;  // by status class: [1]..[5]
  metrics::SharedHistogram first_byte;     // request sent to first byte of the reply
};

/// Per worker and listener.
struct ListenerCounters {
  Counter accepted;
  Counter connections;         // open now (a gauge)
  Counter requests;
  Counter bytes_received;
  Counter bytes_sent;
  std::array<Counter, 6> responses;
  metrics::SharedHistogram latency;  // first byte of the request to last byte of the reply
};

/// Per worker.
struct alignas(64) WorkerCounters {
  std::array<Counter, session_end_count> session_ends;  // indexed by SessionEnd
  Counter accept_errors;
  Counter sheds;               // connections refused because a limit or the fd reserve was reached
  Counter access_log_dropped;
  Counter sticky_evicted;
  Counter buffers_in_use;      // I/O buffers and pipes held now (a gauge)
  Counter spliced_bytes;       // bulk that went from socket to socket inside the kernel
};

}  // namespace tandem::lbd
