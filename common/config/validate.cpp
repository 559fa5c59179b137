#include "common/config/validate.hpp"

namespace tandem::config {

void validate(const Config& config, const Place& root, Diagnostics& mistakes) {
  const std::vector<NodeConfig> nodes =
      config.cluster ? config.cluster->nodes : std::vector<NodeConfig>{};
  const Definitions definitions{
      index_names("node", nodes, root["cluster"]["nodes"], mistakes),
      index_names("certificate", config.certificates, root["certificates"], mistakes),
      index_names("target group", config.target_groups, root["target_groups"], mistakes)};
  validate_cluster(config, root, mistakes);
  validate_virtual_addresses(config, definitions.nodes, root, mistakes);
  validate_sync_groups(config, root, mistakes);
  validate_listeners(config, definitions, root, mistakes);
  validate_sockets(config, root, mistakes);
  validate_target_groups(config, root, mistakes);
}

}  // namespace tandem::config
