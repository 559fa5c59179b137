#include <string>

#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {

Config parse_config(const Place& root, Diagnostics& mistakes) {
  Config config;
  ObjectReader reader(root, root_object, mistakes);
  std::string schema;  // means something to editors, nothing to us
  reader.read("$schema", schema);
  reader.read("version", config.version);
  reader.read("workers", config.workers);
  reader.read_choice("engine", config.engine);
  reader.read_object("cluster", config.cluster, &parse_cluster);
  reader.read_objects("virtual_addresses", config.virtual_addresses, &parse_virtual_address);
  reader.read_objects("certificates", config.certificates, &parse_certificate);
  reader.read_objects("listeners", config.listeners, &parse_listener);
  reader.read_objects("target_groups", config.target_groups, &parse_target_group);
  reader.read_object("timeouts", config.timeouts, &parse_timeouts);
  reader.read_object("limits", config.limits, &parse_limits);
  reader.read_object("admin", config.admin, &parse_admin);
  reader.read_object("log", config.log, &parse_log);
  return config;
}

}  // namespace tandem::config
