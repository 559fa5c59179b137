#include "tests/sim/vrrpd/simulation.hpp"

#include <algorithm>

namespace tandem::vrrp::sim {
namespace {

constexpr std::uint32_t vip_hash = 1;
constexpr Duration longest_beat = milliseconds(100);
constexpr Duration witness_doubt = milliseconds(200);
constexpr Duration witness_patience = milliseconds(350);  // at most: the next probe, and its timeout

const Prefix vip{IpAddress::v4({192, 0, 2, 100}), 24};

IpAddress address_of(std::size_t node) {
  return IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(11 + node)});
}

}  // namespace

Simulation::Simulation(std::uint32_t seed, const Settings& settings) : settings_(settings), random_(seed) {
  for (Node& node : nodes_) {
    node.surroundings = {.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true,
                         .in_sync = true};
  }
  measure();
}

void Simulation::boot(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router) return;
  nodes_[i].router.emplace(RouterConfig{.preferred = i == 0, .advert_interval = settings_.advert_interval,
                                        .preempt = settings_.preempt, .preempt_delay = settings_.preempt_delay,
                                        .address = address_of(i), .in_step_with = now_});
  nodes_[i].heard = PeerHeartbeat();
  const Duration period = std::min(longest_beat, settings_.advert_interval);
  nodes_[i].said = Heartbeat{.boot = ++sequence_, .period_ms = static_cast<std::uint16_t>(period / milliseconds(1)), .addresses = {}};
  nodes_[i].next_beat = now_;
  perform(i, nodes_[i].router->update(nodes_[i].surroundings, now_));
}

void Simulation::die(int index) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  node.router.reset();
  node.inbox.clear();
  node.heartbeat.clear();
  node.paused = false;
  node.holds = false;
  account();
}

void Simulation::kill_daemon(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].holds) send(i, 0);
  die(index);
}

void Simulation::pause(int index) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  if (node.router) node.paused = true;
}

void Simulation::resume(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (!nodes_[i].paused) return;
  nodes_[i].paused = false;
  // What is queued is read before a timer is believed.
  const auto inbox = std::move(nodes_[i].inbox);
  nodes_[i].inbox.clear();
  for (const auto& bytes : inbox) receive(i, bytes);
  if (nodes_[i].heartbeat.empty()) return;
  packets_.push({now_ + milliseconds(1), sequence_++, i, std::move(nodes_[i].heartbeat), true});
  nodes_[i].heartbeat.clear();
}

void Simulation::set_lbd(int index, bool connected, bool ready) {
  const auto i = static_cast<std::size_t>(index);
  nodes_[i].surroundings.lbd_connected = connected;
  nodes_[i].surroundings.lbd_ready = ready;
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->update(nodes_[i].surroundings, now_));
}

void Simulation::set_in_sync(int index, bool in_sync) {
  const auto i = static_cast<std::size_t>(index);
  nodes_[i].surroundings.in_sync = in_sync;
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->update(nodes_[i].surroundings, now_));
}

void Simulation::fail_over(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->fail_over(now_));
}

void Simulation::stop(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->stop(now_));
}

void Simulation::run(Duration time) {
  const TimePoint end = now_ + time;
  while (failure_.empty()) {
    TimePoint next = end;
    std::optional<std::size_t> timer;
    std::optional<std::size_t> looking;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].router || nodes_[i].paused) continue;
      const auto look = next_look(nodes_[i]);
      if (look && *look <= next) next = *look, looking = i, timer.reset();
      const auto deadline = nodes_[i].router->deadline();
      if (deadline && *deadline <= next) next = *deadline, timer = i, looking.reset();
    }
    if (!packets_.empty() && packets_.top().time <= next) {
      const Packet packet = packets_.top();
      packets_.pop();
      now_ = std::max(now_, packet.time);
      if (packet.heartbeat) receive_heartbeat(packet.to, packet.bytes);
      else receive(packet.to, packet.bytes);
    } else if (looking) {
      now_ = std::max(now_, next);
      if (now_ >= nodes_[*looking].next_beat) beat(*looking);
      else vote(*looking);
    } else if (timer) {
      now_ = std::max(now_, next);
      vote(*timer);
      VirtualRouter& router = *nodes_[*timer].router;
      perform(*timer, router.on_time(now_));
      if (router.deadline() && *router.deadline() <= now_) failure_ = "a deadline stays in the past";
    } else {
      break;
    }
    check();
  }
  now_ = end;
}

void Simulation::receive(std::size_t index, const std::vector<std::uint8_t>& bytes) {
  Node& node = nodes_[index];
  if (!node.router) return;
  if (node.paused) {
    node.inbox.push_back(bytes);
    return;
  }
  const Decoded decoded = decode(bytes);
  if (decoded.drop != Drop::none || classify(decoded.advert, {.own_address = address_of(index)}) != Drop::none) {
    failure_ = "a node refused what its peer sent: " + std::string(to_string(decoded.drop));
    return;
  }
  perform(index, node.router->advert({.priority = decoded.advert.priority,
                                      .interval = decoded.advert.interval,
                                      .source = decoded.advert.source}, now_));
}

void Simulation::look_round() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!wire.blind[i]) nodes_[i].blind_since.reset();
    else if (!nodes_[i].blind_since) nodes_[i].blind_since = now_;
  }
}

Sight Simulation::sight(const Node& node) const {
  const Duration blind = node.blind_since ? now_ - *node.blind_since : Duration::zero();
  return blind >= witness_patience ? Sight::lost : blind >= witness_doubt ? Sight::doubtful : Sight::clear;
}

void Simulation::vote(std::size_t index) {
  if (!settings_.voices) return;
  look_round();
  Node& node = nodes_[index];
  Voices voices{.active = node.router->state() == State::active,
                .preferred = index == 0,
                .sight = sight(node),
                .long_lost = node.blind_since && now_ - *node.blind_since >= witness_patience + long_silence,
                .peer = node.heard.voice(vip_hash, now_),
                .peer_gone = node.heard.gone(now_),
                .epoch = node.router->epoch(),
                .priority = node.router->priority(),
                .beats_by_address = index == 1,
                .policy = settings_.policy};
  voices.discredited = node.credit.lost(voices, node.router->held());
  perform(index, node.router->vote(decide(voices), node.heard.epoch(vip_hash), now_));
}

void Simulation::beat(std::size_t index) {
  vote(index);
  publish(index);
  nodes_[index].next_beat = now_ + nodes_[index].said.period_ms * milliseconds(1);
}

std::optional<TimePoint> Simulation::next_look(const Node& node) const {
  if (!settings_.voices) return std::nullopt;
  const auto silence = node.heard.next_doubt(now_);
  return silence && *silence < node.next_beat ? *silence : node.next_beat;
}

void Simulation::publish(std::size_t index) {
  Node& node = nodes_[index];
  const VirtualRouter& router = *node.router;
  ++node.said.sequence;
  node.said.sight = sight(node);
  node.said.addresses = {{.name = vip_hash, .owns = router.state() == State::active && !router.is_late(now_),
                          .fit = router.fault() == Fault::none,
                          .hears = router.state() == State::backup && !router.held(), .priority = router.priority(), .epoch = router.epoch()}};
  if (wire.sync_cut) return;
  const std::string bytes = encode(node.said);
  std::uniform_int_distribution<Duration::rep> delay(Duration(microseconds(200)).count(), Duration(milliseconds(3)).count());
  packets_.push({now_ + Duration(delay(random_)), sequence_++, 1 - index, {bytes.begin(), bytes.end()}, true});
}

void Simulation::tell_news(std::size_t index) {
  const Node& node = nodes_[index];
  if (!settings_.voices || !node.router || node.paused || node.said.addresses.empty()) return;
  const HeartbeatAddress& said = node.said.addresses.front();
  const bool owns = node.router->state() == State::active && !node.router->is_late(now_);
  if (owns != said.owns || node.router->epoch() != said.epoch || (node.router->fault() == Fault::none) != said.fit) publish(index);
}

void Simulation::receive_heartbeat(std::size_t index, const std::vector<std::uint8_t>& bytes) {
  Node& node = nodes_[index];
  if (!node.router) return;
  if (node.paused) {
    node.heartbeat = bytes;
    return;
  }
  const auto heartbeat = decode_heartbeat({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!heartbeat) {
    failure_ = "a node did not understand its peer's heartbeat";
    return;
  }
  node.heard.take(*heartbeat, now_);
  vote(index);
}

void Simulation::perform(std::size_t index, const Actions& actions) {
  for (const Action& action : actions) {
    switch (action.kind) {
      case Action::Kind::send_advert: send(index, action.priority); break;
      case Action::Kind::take_addresses: nodes_[index].holds = true; break;
      case Action::Kind::drop_addresses: nodes_[index].holds = false; break;
      case Action::Kind::entered: ++transitions_; break;
      case Action::Kind::announce:
      case Action::Kind::conflict: break;
    }
    account();
  }
  if (!actions.empty()) tell_news(index);
}

void Simulation::send(std::size_t from, std::uint8_t priority) {
  std::array<std::uint8_t, max_advert_bytes> message{};
  const Outgoing out{.vrid = 51, .priority = priority, .interval = settings_.advert_interval,
                     .source = address_of(from), .destination = multicast_group(false),
                     .form = random_() % 2 ? ChecksumForm::rfc9568 : ChecksumForm::rfc5798};
  const std::size_t length = encode(out, {{vip}}, message);
  std::vector<std::uint8_t> packet(20 + length);
  packet[0] = 0x45;
  packet[3] = static_cast<std::uint8_t>(packet.size());
  packet[8] = required_ttl;
  packet[9] = ip_protocol;
  std::copy_n(out.source.bytes().begin(), 4, packet.begin() + 12);
  std::copy_n(out.destination.bytes().begin(), 4, packet.begin() + 16);
  std::copy_n(message.begin(), length, packet.begin() + 20);
  nodes_[from].advertised = now_;

  const std::size_t to = 1 - from;
  if (wire.cut_from[from]) return;
  std::uniform_real_distribution<double> chance(0, 1);
  if (chance(random_) < wire.loss && nodes_[to].losses_in_a_row < wire.max_consecutive_losses) {
    ++nodes_[to].losses_in_a_row;
    return;
  }
  nodes_[to].losses_in_a_row = 0;
  const int copies = chance(random_) < wire.duplication ? 2 : 1;
  std::uniform_int_distribution<Duration::rep> delay(wire.min_delay.count(), wire.max_delay.count());
  for (int copy = 0; copy < copies; ++copy) {
    packets_.push({now_ + Duration(delay(random_)), sequence_++, to, packet, false});
  }
}

void Simulation::measure() {
  transitions_ = 0;
  longest_unowned_ = longest_shared_ = {};
  unowned_since_.reset();
  shared_since_.reset();
  account();
}

void Simulation::account() {
  const auto track = [this](bool condition, std::optional<TimePoint>& since, Duration& longest) {
    if (condition && !since) since = now_;
    if (condition || !since) return;
    longest = std::max(longest, now_ - *since);
    since.reset();
  };
  track(holders() == 0, unowned_since_, longest_unowned_);
  const bool shared = nodes_[0].holds && nodes_[1].holds && !wire.blind[0] && !wire.blind[1];
  track(shared, shared_since_, longest_shared_);
}

void Simulation::check() {
  for (const Node& node : nodes_) {
    if (!node.router) continue;
    if (node.holds != node.router->holds_addresses()) failure_ = "actions and state disagree about the addresses";
    if (node.router->state() == State::active && !node.holds) failure_ = "Active without addresses";
    if (node.holds && node.router->state() != State::active && !node.router->handing_over()) {
      failure_ = "addresses without a reason";
    }
  }
}

int Simulation::holders() const {
  return static_cast<int>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.holds; }));
}

int Simulation::actives() const {
  return static_cast<int>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) {
    return n.router && n.router->state() == State::active;
  }));
}

State Simulation::state(int index) const {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  return node.router ? node.router->state() : State::initialize;
}

Duration Simulation::longest_unowned() const {
  return unowned_since_ ? std::max(longest_unowned_, now_ - *unowned_since_) : longest_unowned_;
}

Duration Simulation::longest_shared() const {
  return shared_since_ ? std::max(longest_shared_, now_ - *shared_since_) : longest_shared_;
}

}  // namespace tandem::vrrp::sim
