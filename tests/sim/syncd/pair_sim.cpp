#include "tests/sim/syncd/pair_sim.hpp"

#include <algorithm>

namespace tandem::sync::sim {
namespace {

constexpr std::size_t all_bytes = SIZE_MAX;

void send(Pipe& pipe, const std::vector<std::uint8_t>& bytes) {
  pipe.bytes.insert(pipe.bytes.end(), bytes.begin(), bytes.end());
}

}  // namespace

PairSim::PairSim(std::uint32_t seed, std::size_t clients_per_node, bool growing_epochs)
    : random_(seed), growing_epochs_(growing_epochs) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].name = i == 0 ? "lb1" : "lb2";
    start_syncd(nodes_[i]);
    nodes_[i].clients.resize(clients_per_node);
    for (std::size_t c = 0; c < clients_per_node; ++c) {
      nodes_[i].clients[c].name = nodes_[i].name + "-client" + std::to_string(c);
      restart_client(nodes_[i], nodes_[i].clients[c]);
    }
  }
}

void PairSim::start_syncd(Node& node) {
  Identity identity{"edge", node.name, node.name == "lb1" ? "lb2" : "lb1", ++boots_};
  node.syncd = std::make_unique<Replicator>(std::move(identity), growing_epochs_ ? boots_ : 1, now_);
}

void PairSim::restart_client(Node& node, Client& client) {
  disconnect_client(node, client);
  client.copy = std::make_unique<replica::ReplicaCopy>(client.name, ++boots_);
  client.changes.clear();
}

void PairSim::restart_syncd(std::size_t index) {
  Node& node = nodes_[index];
  for (Client& client : node.clients) disconnect_client(node, client);
  unlink();
  start_syncd(node);
}

void PairSim::connect_client(Node& node, Client& client) {
  if (client.session) return;
  client.session = node.syncd->add_client();
  client.to_syncd = Pipe{};
  client.to_client = Pipe{};
  client.copy->connected();
}

void PairSim::disconnect_client(Node& node, Client& client) {
  if (!client.session) return;
  node.syncd->remove_client(*client.session);
  client.session.reset();
  client.copy->disconnected();
}

void PairSim::link() {
  if (linked_) return;
  linked_ = true;
  for (Node& node : nodes_) {
    node.from_peer = Pipe{};
    node.syncd->peer().connected(now_);
  }
}

void PairSim::unlink() {
  if (!linked_) return;
  linked_ = false;
  for (Node& node : nodes_) node.syncd->peer().lost();
}

void PairSim::pump(Pipe& pipe, std::size_t most, const std::function<Result<>(const wire::Message&)>& receive) {
  const std::size_t count = std::min(most, pipe.bytes.size());
  const auto end = pipe.bytes.begin() + static_cast<std::ptrdiff_t>(count);
  const std::vector<std::uint8_t> chunk(pipe.bytes.begin(), end);
  pipe.bytes.erase(pipe.bytes.begin(), end);
  pipe.decoder.append(chunk);
  while (const auto message = pipe.decoder.next()) {
    const Result<> result = receive(*message);
    if (!result) protocol_errors.push_back(result.error().message);
  }
  if (pipe.decoder.error() != wire::DecodeError::none) {
    protocol_errors.emplace_back(wire::to_text(pipe.decoder.error()));
  }
}

void PairSim::deliver_link(std::size_t most) {
  if (!linked_) return;
  for (Node& node : nodes_) {
    pump(node.from_peer, most, [&](const wire::Message& m) { return node.syncd->peer().receive(m, now_); });
  }
}

void PairSim::deliver_clients(Node& node, std::size_t most) {
  for (Client& client : node.clients) {
    if (!client.session) continue;
    pump(client.to_syncd, most,
         [&](const wire::Message& m) { return node.syncd->client(*client.session).receive(m, now_); });
    pump(client.to_client, most,
         [&](const wire::Message& m) { return client.copy->receive(m, now_, client.changes); });
  }
}

void PairSim::produce() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    std::vector<std::uint8_t> out;
    node.syncd->peer().produce(out, 64 * 1024, now_);
    if (linked_) send(nodes_[1 - i].from_peer, out);
    for (Client& client : node.clients) {
      if (!client.session) continue;
      out.clear();
      node.syncd->client(*client.session).produce(out, 64 * 1024, now_);
      send(client.to_client, out);
      out.clear();
      client.copy->produce(out, 64 * 1024, now_);
      send(client.to_syncd, out);
    }
  }
}

void PairSim::run(Duration step) {
  now_ += step;
  produce();
  const bool everything = below(4) == 0;
  deliver_link(everything ? all_bytes : below(300));
  for (Node& node : nodes_) {
    deliver_clients(node, everything ? all_bytes : below(300));
    node.syncd->tick(now_);
    for (Client& client : node.clients) client.copy->expire(now_);
  }
}

bool PairSim::quiet() const {
  for (const Node& node : nodes_) {
    if (node.syncd->peer().state() != PeerState::in_sync || node.syncd->store().unacknowledged() > 0) return false;
    for (const Client& client : node.clients) {
      if (!client.copy->caught_up() || client.copy->unconfirmed() > 0 || !client.to_client.bytes.empty()) return false;
    }
  }
  return true;
}

bool PairSim::settle() {
  const TimePoint end = now_ + std::chrono::minutes(1);
  for (int quiet_steps = 0; now_ < end;) {
    link();
    for (Node& node : nodes_) {
      for (Client& client : node.clients) connect_client(node, client);
    }
    run(std::chrono::milliseconds(5));
    quiet_steps = quiet() ? quiet_steps + 1 : 0;
    if (quiet_steps >= 10) return true;
  }
  return false;
}

void PairSim::pass(Duration time) {
  for (const TimePoint end = now_ + time; now_ < end;) {
    now_ += std::chrono::milliseconds(100);
    for (int turn = 0; turn < 3; ++turn) {
      produce();
      deliver_link(all_bytes);
      for (Node& node : nodes_) deliver_clients(node, all_bytes);
    }
    for (Node& node : nodes_) {
      node.syncd->tick(now_);
      for (Client& client : node.clients) client.copy->expire(now_);
    }
  }
}

}  // namespace tandem::sync::sim
