// A pair of nodes in one process: two syncds, some clients each, byte pipes between them that deliver in random
// pieces. Everything can be restarted at any moment.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/replica/replica_copy.hpp"
#include "syncd/core/replicator.hpp"

namespace tandem::sync::sim {

/// Bytes on their way, in one direction of one connection.
struct Pipe {
  std::deque<std::uint8_t> bytes;
  wire::Decoder decoder;
};

struct Client {
  std::string name;
  std::unique_ptr<replica::ReplicaCopy> copy;
  std::optional<std::uint32_t> session;  // at the node's syncd, if connected
  Pipe to_syncd;
  Pipe to_client;
  std::vector<wire::Entry> changes;  // announced so far
};

struct Node {
  std::string name;
  std::unique_ptr<Replicator> syncd;
  std::vector<Client> clients;
  Pipe from_peer;
};

class PairSim {
 public:
  /// `growing_epochs` false: the wall clock stands still, so that restarts share one epoch.
  PairSim(std::uint32_t seed, std::size_t clients_per_node, bool growing_epochs = true);

  std::mt19937& random() { return random_; }
  std::size_t below(std::size_t bound) { return random_() % bound; }
  TimePoint now() const { return now_; }
  Node& node(std::size_t index) { return nodes_[index]; }
  bool linked() const { return linked_; }

  void restart_client(Node& node, Client& client);
  void restart_syncd(std::size_t index);
  void connect_client(Node& node, Client& client);
  void disconnect_client(Node& node, Client& client);
  void link();
  void unlink();

  /// Lets `step` pass and some random part of the bytes arrive.
  void run(Duration step);
  /// Connects everything and runs until nothing moves; false if that does not happen within a minute of simulated time.
  bool settle();
  /// Lets time pass with ticks every 100 ms and everything delivered.
  void pass(Duration time);

  std::vector<std::string> protocol_errors;

 private:
  void start_syncd(Node& node);
  void pump(Pipe& pipe, std::size_t most, const std::function<Result<>(const wire::Message&)>& receive);
  void deliver_link(std::size_t most);
  void deliver_clients(Node& node, std::size_t most);
  void produce();
  [[nodiscard]] bool quiet() const;

  std::mt19937 random_;
  TimePoint now_{std::chrono::seconds(1000)};
  bool growing_epochs_;
  std::uint64_t boots_ = 0;
  bool linked_ = false;
  std::array<Node, 2> nodes_;
};

}  // namespace tandem::sync::sim
