#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {
namespace {

NodeConfig parse_node(const Place& place, Diagnostics& mistakes) {
  NodeConfig node;
  ObjectReader reader(place, node_object, mistakes);
  reader.read("name", node.name);
  reader.read("address", node.address);
  reader.read("sync_address", node.sync_address);
  return node;
}

SyncConfig parse_sync(const Place& place, Diagnostics& mistakes) {
  SyncConfig sync;
  ObjectReader reader(place, sync_object, mistakes);
  reader.read("port", sync.port);
  reader.read("key_file", sync.key_file);
  return sync;
}

}  // namespace

ClusterConfig parse_cluster(const Place& place, Diagnostics& mistakes) {
  ClusterConfig cluster;
  ObjectReader reader(place, cluster_object, mistakes);
  reader.read("name", cluster.name);
  reader.read_objects("nodes", cluster.nodes, &parse_node);
  reader.read_object("sync", cluster.sync, &parse_sync);
  reader.read_list("witnesses", cluster.witnesses);
  reader.read_choice("split_policy", cluster.split_policy);
  return cluster;
}

}  // namespace tandem::config
