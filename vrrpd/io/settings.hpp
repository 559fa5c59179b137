// From the configuration to what this node's vrrpd has to run.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/load.hpp"
#include "vrrpd/io/instance.hpp"
#include "vrrpd/io/voting.hpp"

namespace tandem::vrrp {

/// One per virtual address, for node `node`. Reads the cluster key if adverts are to be authenticated. The error says why vrrpd has nothing to do here or cannot.
Result<std::vector<InstanceConfig>> settings_for(const config::Config& config, const std::string& node);

/// The voices of node `node` in a configuration that settings_for() accepts.
VotingConfig voting_for(const config::Config& config, const std::string& node);

/// A configuration that shall replace the one that is running.
struct Reloaded {
  std::vector<InstanceConfig> settings;
  VotingConfig voting;
  std::vector<config::Diagnostic> diagnostics;  // not empty: it is refused, and the rest of this means nothing
};

/// Reads `file` for node `node`. What is not supported counts as a mistake here.
Reloaded load_again(const std::string& file, const std::string& node);

/// Whether any of them has a hook.
bool has_hooks(const std::vector<InstanceConfig>& settings);

/// What any of them tracks.
std::vector<config::TrackConfig> tracked_in(const std::vector<InstanceConfig>& settings);

}  // namespace tandem::vrrp
