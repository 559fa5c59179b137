// Whether this lbd may be given traffic: what vrrpd watches, and why not in words.
#pragma once

#include <chrono>
#include <string>

namespace tandem::lbd {

/// What readiness follows from. The first three only ever become true.
struct ReadinessInputs {
  bool workers_running = false;
  bool health_known = false;  // every backend has its first verdict, or waiting for them took long enough
  bool caught_up = false;     // replicated state is here, or syncd is not
  bool draining = false;      // SIGTERM came
};

struct Readiness {
  bool ready = false;
  std::string reason;  // empty if ready
  bool operator==(const Readiness&) const = default;
};

/// Pure. A group whose backends are all down does not make the node unready: the peer sees the same backends, and
/// a move would only add a gap.
[[nodiscard]] Readiness evaluate(const ReadinessInputs& inputs);

/// One line of GET /v1/readiness/stream. A line is said at every change, and at least every `heartbeat`.
[[nodiscard]] std::string readiness_json(const Readiness& readiness, std::chrono::milliseconds heartbeat);

}  // namespace tandem::lbd
