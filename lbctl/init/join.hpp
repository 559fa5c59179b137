// What the second node of a pair needs from the first, as commands.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "lbctl/init/files.hpp"

namespace tandem::ctl {

struct JoinFile {
  std::string path;
  std::string what;  // "the cluster key"
  FileOwner owner;
};

struct JoinPlan {
  config::NodeConfig self;
  config::NodeConfig peer;
  std::vector<JoinFile> files;  // to be equal on both nodes, at the same paths
  std::string config_path;
};

/// From a configuration that is in use on this host. The error: it has no cluster, or a file that it names is
/// not there.
Result<JoinPlan> plan_join(const config::Config& config, const std::string& config_path);

/// The commands, in order, to be run as root on this node.
std::vector<std::string> join_commands(const JoinPlan& plan);

std::string join_text(const JoinPlan& plan);
nlohmann::ordered_json join_json(const JoinPlan& plan);

}  // namespace tandem::ctl
