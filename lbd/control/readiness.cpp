#include "lbd/control/readiness.hpp"

#include <nlohmann/json.hpp>

namespace tandem::lbd {

Readiness evaluate(const ReadinessInputs& inputs) {
  if (inputs.draining) return {false, "draining"};
  if (!inputs.workers_running) return {false, "starting: the workers do not run yet"};
  if (!inputs.caught_up) return {false, "starting: waiting for the replicated state from syncd"};
  if (!inputs.health_known) return {false, "starting: waiting for the first health checks"};
  return {true, ""};
}

std::string readiness_json(const Readiness& readiness, std::chrono::milliseconds heartbeat) {
  return nlohmann::json{
      {"ready", readiness.ready}, {"reason", readiness.reason}, {"heartbeat_ms", heartbeat.count()}}.dump();
}

}  // namespace tandem::lbd
