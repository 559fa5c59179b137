#include "tests/sim/vrrpd/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "vrrpd/core/lease.hpp"

namespace tandem::vrrp::sim {
namespace {

constexpr std::uint32_t vip_hash = 1;
constexpr Duration longest_beat = milliseconds(100);
constexpr Duration witness_doubt = milliseconds(200);

const Prefix vip{IpAddress::v4({192, 0, 2, 100}), 24};

IpAddress address_of(std::size_t node) {
  return IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(11 + node)});
}

}  // namespace

Simulation::Simulation(std::uint32_t seed, const Settings& settings) : settings_(settings), random_(seed) {
  std::uniform_real_distribution<double> drift(-settings.drift, settings.drift);
  for (Node& node : nodes_) {
    if (settings.drift > 0) node.rate = 1 + drift(random_);
    node.surroundings = {.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true,
                         .in_sync = true};
  }
  measure();
}

TimePoint Simulation::local(std::size_t node) const {
  const auto passed = static_cast<double>((now_ - epoch_).count());
  return epoch_ + Duration(static_cast<Duration::rep>(std::floor(passed * nodes_[node].rate)));
}

// The first moment at which the node's clock shows that time, but no sooner than now.
TimePoint Simulation::global(std::size_t node, TimePoint local_time) const {
  if (local(node) >= local_time) return now_;
  const auto passed = static_cast<double>((local_time - epoch_).count());
  auto real = static_cast<Duration::rep>(std::floor(passed / nodes_[node].rate));
  while (std::floor(static_cast<double>(real) * nodes_[node].rate) < passed) ++real;
  return epoch_ + Duration(real);
}

void Simulation::boot(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router) return;
  const TimePoint now = local(i);
  nodes_[i].router.emplace(RouterConfig{.preferred = i == 0, .advert_interval = settings_.advert_interval,
                                        .preempt = settings_.preempt, .preempt_delay = settings_.preempt_delay,
                                        .address = address_of(i), .in_step_with = now});
  nodes_[i].heard = PeerHeartbeat();
  const Duration period = std::min(longest_beat, settings_.advert_interval);
  nodes_[i].said = Heartbeat{.boot = ++sequence_, .period_ms = static_cast<std::uint16_t>(period / milliseconds(1)), .addresses = {}};
  nodes_[i].credit = WitnessCredit();
  nodes_[i].next_beat = now;
  perform(i, nodes_[i].router->update(nodes_[i].surroundings, now));
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
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->update(nodes_[i].surroundings, local(i)));
}

void Simulation::set_in_sync(int index, bool in_sync) {
  const auto i = static_cast<std::size_t>(index);
  nodes_[i].surroundings.in_sync = in_sync;
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->update(nodes_[i].surroundings, local(i)));
}

void Simulation::fail_over(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->fail_over(local(i)));
}

void Simulation::stop(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (nodes_[i].router && !nodes_[i].paused) perform(i, nodes_[i].router->stop(local(i)));
}

void Simulation::run(Duration time) {
  const TimePoint end = now_ + time;
  watch_sync();
  while (failure_.empty()) {
    TimePoint next = end;
    std::optional<std::size_t> timer;
    std::optional<std::size_t> looking;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].router || nodes_[i].paused) continue;
      const auto look = next_look(i);
      if (look && global(i, *look) <= next) next = global(i, *look), looking = i, timer.reset();
      const auto deadline = nodes_[i].router->deadline();
      if (deadline && global(i, *deadline) <= next) next = global(i, *deadline), timer = i, looking.reset();
    }
    if (!packets_.empty() && packets_.top().time <= next) {
      const Packet packet = packets_.top();
      packets_.pop();
      now_ = std::max(now_, packet.time);
      if (packet.heartbeat) receive_heartbeat(packet);
      else receive(packet.to, packet.bytes);
    } else if (looking) {
      now_ = next;
      look(*looking);
    } else if (timer) {
      now_ = next;
      wake(*timer);
    } else {
      break;
    }
    check();
    if (after_event) after_event();
  }
  now_ = end;
}

void Simulation::look(std::size_t index) {
  if (local(index) >= nodes_[index].next_beat) beat(index);
  else vote(index);
}

void Simulation::wake(std::size_t index) {
  vote(index);
  VirtualRouter& router = *nodes_[index].router;
  perform(index, router.on_time(local(index)));
  if (router.deadline() && *router.deadline() <= local(index)) failure_ = "a deadline stays in the past";
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
                                      .source = decoded.advert.source}, local(index)));
}

void Simulation::look_round() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!blind[i]) nodes_[i].blind_since.reset();
    else if (!nodes_[i].blind_since) nodes_[i].blind_since = local(i);
  }
}

Duration Simulation::blind_time(std::size_t index) const {
  const auto since = nodes_[index].blind_since;
  return since ? local(index) - *since : Duration::zero();
}

Sight Simulation::sight(std::size_t index) const {
  const Duration time = blind_time(index);
  return time >= witness_patience ? Sight::lost : time >= witness_doubt ? Sight::doubtful : Sight::clear;
}

void Simulation::vote(std::size_t index) {
  Node& node = nodes_[index];
  const TimePoint now = local(index);
  if (node.router->is_late(now)) perform(index, node.router->lapse(now));
  if (!settings_.voices) return;
  look_round();
  Voices voices{.active = node.router->state() == State::active,
                .preferred = index == 0,
                .sight = sight(index),
                .long_lost = blind_time(index) >= witness_patience + long_silence,
                .peer = node.heard.voice(vip_hash, now),
                .peer_gone = node.heard.gone(now),
                .epoch = node.router->epoch(),
                .priority = node.router->priority(),
                .beats_by_address = index == 1,
                .policy = settings_.policy};
  voices.peer_awaited = node.patience.awaits(node.router->verdict(), node.router->held(), node.heard.heard(), now);
  voices.discredited = node.credit.lost(voices, node.router->held());
  perform(index, node.router->vote(decide(voices), node.heard.epoch(vip_hash), now));
}

// At whole periods after the start, however late this one is.
void Simulation::beat(std::size_t index) {
  Node& node = nodes_[index];
  vote(index);
  publish(index);
  const Duration period = node.said.period_ms * milliseconds(1);
  node.next_beat += ((local(index) - node.next_beat) / period + 1) * period;
}

std::optional<TimePoint> Simulation::next_look(std::size_t index) const {
  if (!settings_.voices) return std::nullopt;
  const Node& node = nodes_[index];
  const auto silence = node.heard.next_doubt(local(index));
  return silence && *silence < node.next_beat ? *silence : node.next_beat;
}

void Simulation::publish(std::size_t index) {
  Node& node = nodes_[index];
  const VirtualRouter& router = *node.router;
  ++node.said.sequence;
  node.said.sight = sight(index);
  node.said.addresses = {{.name = vip_hash, .owns = router.state() == State::active && !router.is_late(local(index)),
                          .fit = router.fault() == Fault::none,
                          .hears = router.state() == State::backup && !router.held(), .priority = router.priority(), .epoch = router.epoch()}};
  const std::string bytes = encode(node.said);
  transmit(index, {bytes.begin(), bytes.end()}, true);
}

void Simulation::tell_news(std::size_t index) {
  const Node& node = nodes_[index];
  if (!settings_.voices || !node.router || node.paused || node.said.addresses.empty()) return;
  const HeartbeatAddress& said = node.said.addresses.front();
  const bool owns = node.router->state() == State::active && !node.router->is_late(local(index));
  if (owns != said.owns || node.router->epoch() != said.epoch || (node.router->fault() == Fault::none) != said.fit) publish(index);
}

// syncd's table keeps the newest value: what another one has overtaken is never seen.
void Simulation::receive_heartbeat(const Packet& packet) {
  Node& node = nodes_[packet.to];
  if (!node.router || packet.sequence < node.newest_heartbeat) return;
  node.newest_heartbeat = packet.sequence;
  const std::vector<std::uint8_t>& bytes = packet.bytes;
  if (node.paused) {
    node.heartbeat = bytes;
    return;
  }
  const auto heartbeat = decode_heartbeat({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!heartbeat) {
    failure_ = "a node did not understand its peer's heartbeat";
    return;
  }
  node.heard.take(*heartbeat, local(packet.to));
  vote(packet.to);
}

bool Simulation::sync_passes(int from) const {
  const auto i = static_cast<std::size_t>(from);
  const auto& back = sync_cut_since_[1 - i];
  return !sync.cut_from[i] && !(sync.cut_from[1 - i] && back && now_ - *back >= syncd_patience);
}

void Simulation::watch_sync() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!sync.cut_from[i]) sync_cut_since_[i].reset();
    else if (!sync_cut_since_[i]) sync_cut_since_[i] = now_;
  }
}

void Simulation::perform(std::size_t index, const Actions& actions) {
  for (const Action& action : actions) {
    switch (action.kind) {
      case Action::Kind::send_advert:
        send(index, action.priority);
        prolong_lease(index, action.priority);
        break;
      case Action::Kind::take_addresses: nodes_[index].holds = true; break;
      case Action::Kind::drop_addresses: nodes_[index].holds = false; break;
      case Action::Kind::entered:
        ++transitions_;
        ++nodes_[index].changes;
        nodes_[index].cause = action.cause;
        break;
      case Action::Kind::announce:
      case Action::Kind::conflict: break;
    }
    account();
  }
  if (!actions.empty()) tell_news(index);
}

// As vrrpd/lease does in the kernel.
void Simulation::prolong_lease(std::size_t index, std::uint8_t priority) {
  Node& node = nodes_[index];
  node.lease_end = local(index) + (priority > 0 ? lease_length(settings_.advert_interval) : node.router->farewell_time());
}

bool Simulation::answers(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return nodes_[i].router && nodes_[i].holds && local(i) < nodes_[i].lease_end;
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
  transmit(from, packet, false);
}

void Simulation::transmit(std::size_t from, const std::vector<std::uint8_t>& bytes, bool heartbeat) {
  const std::size_t to = 1 - from;
  const Wire& link = heartbeat ? sync : wire;
  if (heartbeat ? !sync_passes(static_cast<int>(from)) : link.cut_from[from]) return;
  std::uniform_real_distribution<double> chance(0, 1);
  int& losses_in_a_row = nodes_[to].losses_in_a_row[heartbeat ? 1 : 0];
  if (chance(random_) < link.loss && losses_in_a_row < link.max_consecutive_losses) {
    ++losses_in_a_row;
    return;
  }
  losses_in_a_row = 0;
  const int copies = chance(random_) < link.duplication ? 2 : 1;
  std::uniform_int_distribution<Duration::rep> delay(link.min_delay.count(), link.max_delay.count());
  for (int copy = 0; copy < copies; ++copy) {
    packets_.push({now_ + Duration(delay(random_)), sequence_++, to, bytes, heartbeat});
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
  const bool shared = nodes_[0].holds && nodes_[1].holds && !blind[0] && !blind[1];
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
