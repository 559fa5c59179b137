#include "lbd/control/reload_plan.hpp"

#include <fmt/core.h>

#include "common/config/names.hpp"

namespace tandem::lbd {
namespace {

std::string workers_text(std::uint32_t workers) { return workers == 0 ? "one per core" : fmt::format("{}", workers); }

void compare_clusters(const config::ClusterConfig& running, const config::ClusterConfig& next,
                      std::vector<RestartReason>& reasons) {
  if (running.name != next.name) {
    reasons.push_back({"cluster.name", fmt::format("needs a restart: the cluster's name changes from {} to {}",
                                                   running.name, next.name)});
  }
  if (running.nodes != next.nodes) {
    reasons.push_back({"cluster.nodes", "needs a restart: the nodes of the cluster change"});
  }
  if (running.sync.key_file != next.sync.key_file) {
    reasons.push_back({"cluster.sync.key_file", fmt::format("needs a restart: the cluster key moves from {} to {}",
                                                            running.sync.key_file, next.sync.key_file)});
  }
}

}  // namespace

std::vector<RestartReason> reasons_to_restart(const config::Config& running, const config::Config& next) {
  std::vector<RestartReason> reasons;
  if (running.workers != next.workers) {
    reasons.push_back({"workers", fmt::format("needs a restart: the number of workers changes from {} to {}",
                                              workers_text(running.workers), workers_text(next.workers))});
  }
  if (running.engine != next.engine) {
    reasons.push_back({"engine", fmt::format("needs a restart: the engine changes from {} to {}",
                                             config::name_of(running.engine), config::name_of(next.engine))});
  }
  if (running.cluster.has_value() != next.cluster.has_value()) {
    reasons.push_back({"cluster", next.cluster ? "needs a restart: this node joins a cluster"
                                               : "needs a restart: this node leaves its cluster"});
  } else if (running.cluster) {
    compare_clusters(*running.cluster, *next.cluster, reasons);
  }
  return reasons;
}

}  // namespace tandem::lbd
