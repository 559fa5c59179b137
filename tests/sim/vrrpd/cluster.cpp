#include "tests/sim/vrrpd/cluster.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::vrrp::sim {
namespace {

constexpr Surroundings fit{.lbd_connected = true, .lbd_ready = true, .link_up = true, .has_source = true, .in_sync = true};
constexpr std::uint64_t most_packets = 100'000;  // in one run; a hundredth is usual
constexpr Duration shortest_delay = microseconds(50);
constexpr double most_drift = 300e-6;  // several times what a clock of today has

// A Backup of priority 1 waits four intervals; one that was late listens for up to two more.
constexpr Duration to_notice = advert_interval * 13 / 2;
// Two owners that hear each other: the next advert decides; two may be lost.
constexpr Duration to_decide = advert_interval * 7 / 2;

}  // namespace

Cluster::Cluster(std::uint32_t seed) : random_(seed) {
  nodes_.resize(2 + random_() % (most_nodes - 1));
  v6_ = random_() % 2 == 0;
  preempt_ = random_() % 3 != 0;
  std::uniform_real_distribution<double> drift(-most_drift, most_drift);
  for (Node& node : nodes_) {
    // Equal priorities are frequent enough to need the tie-break; very high ones have the shortest skew.
    switch (random_() % 4) {
      case 0: node.priority = 100; break;
      case 1: node.priority = static_cast<std::uint8_t>(250 + random_() % 5); break;
      default: node.priority = static_cast<std::uint8_t>(1 + random_() % 254);
    }
    node.rate = 1 + drift(random_);
  }
  if (random_() % 4 == 0) nodes_[random_() % nodes_.size()].priority = 255;
}

IpAddress Cluster::address_of(std::size_t node) const {
  const auto last = static_cast<std::uint8_t>(11 + node);
  if (!v6_) return IpAddress::v4({192, 0, 2, last});
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

Prefix Cluster::virtual_address() const {
  if (!v6_) return {IpAddress::v4({192, 0, 2, 100}), 24};
  return {IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 100}), 64};
}

TimePoint Cluster::local(std::size_t node) const {
  const auto passed = static_cast<double>((now_ - epoch_).count());
  return epoch_ + Duration(static_cast<Duration::rep>(std::floor(passed * nodes_[node].rate)));
}

TimePoint Cluster::global(std::size_t node, TimePoint local_time) const {
  const auto passed = static_cast<double>((local_time - epoch_).count());
  return epoch_ + Duration(static_cast<Duration::rep>(std::ceil(passed / nodes_[node].rate)) + 1);
}

void Cluster::boot(std::size_t i) {
  if (nodes_[i].router) return;
  disturbed();
  nodes_[i].router.emplace(RouterConfig{.preferred = false, .advert_interval = advert_interval, .preempt = preempt_,
                                        .preempt_delay = {}, .address = address_of(i), .foreign = true,
                                        .foreign_priority = nodes_[i].priority});
  perform(i, nodes_[i].router->update(fit, local(i)));
}

void Cluster::die(std::size_t i) {
  disturbed();
  nodes_[i].router.reset();
  nodes_[i].paused = false;
  nodes_[i].inbox.clear();
}

void Cluster::pause(std::size_t i) {
  disturbed();
  if (nodes_[i].router) nodes_[i].paused = true;
}

void Cluster::resume(std::size_t i) {
  if (!nodes_[i].paused) return;
  disturbed();
  nodes_[i].paused = false;
  const auto inbox = std::move(nodes_[i].inbox);
  nodes_[i].inbox.clear();
  for (const auto& [from, message] : inbox) receive(i, from, message);
}

void Cluster::cut(std::size_t from, std::size_t to, bool is_cut) {
  disturbed();
  cut_[from][to] = is_cut;
}

void Cluster::set_delay(Duration most) {
  disturbed();
  delay_ = most;
}

void Cluster::heal() {
  cut_ = {};
  set_delay(microseconds(150));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    resume(i);
    boot(i);
  }
}

void Cluster::run(Duration time) {
  const TimePoint end = now_ + time;
  while (failure_.empty()) {
    TimePoint next = end;
    std::optional<std::size_t> timer;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!acts(i)) continue;
      const auto deadline = nodes_[i].router->deadline();
      if (!deadline) continue;
      const TimePoint due = std::max(global(i, *deadline), now_);
      if (due <= next) next = due, timer = i;
    }
    if (!packets_.empty() && packets_.top().time <= next) {
      const Packet packet = packets_.top();
      packets_.pop();
      now_ = std::max(now_, packet.time);
      receive(packet.to, packet.from, packet.message);
    } else if (timer) {
      now_ = next;
      perform(*timer, nodes_[*timer].router->on_time(local(*timer)));
    } else {
      break;
    }
    check();
  }
  now_ = end;
}

void Cluster::receive(std::size_t i, std::size_t from, const std::vector<std::uint8_t>& message) {
  Node& node = nodes_[i];
  if (!node.router) return;
  if (node.paused) {
    node.inbox.emplace_back(from, message);
    return;
  }
  const Decoded decoded = decode(Datagram{.source = address_of(from), .destination = multicast_group(v6_),
                                          .ttl = required_ttl, .message = message});
  if (decoded.drop != Drop::none || classify(decoded.advert, {.own_address = address_of(i)}) != Drop::none) {
    failure_ = "a node refused what another one sent: " + std::string(to_string(decoded.drop));
    return;
  }
  perform(i, node.router->advert({.priority = decoded.advert.priority, .interval = decoded.advert.interval,
                                  .source = decoded.advert.source}, local(i)));
}

void Cluster::perform(std::size_t i, const Actions& actions) {
  for (const Action& action : actions) {
    if (action.kind == Action::Kind::send_advert) send(i, action.priority);
    // Silence where there was none: two losses in a row must not be taken for a death.
    if (action.kind == Action::Kind::entered && action.to == State::active && action.cause == Cause::adverts_missed &&
        now_ - disturbed_at_ > to_notice * static_cast<int>(nodes_.size())) {
      failure_ = "a flap: an owner lives, and another node took over in silence";
    }
  }
}

void Cluster::send(std::size_t from, std::uint8_t priority) {
  std::array<std::uint8_t, max_advert_bytes> bytes{};
  const std::size_t length = encode({.vrid = 51, .priority = priority, .interval = advert_interval,
                                     .source = address_of(from), .destination = multicast_group(v6_)},
                                    {{virtual_address()}}, bytes);
  const std::vector<std::uint8_t> message(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
  std::uniform_real_distribution<double> chance(0, 1);
  std::uniform_int_distribution<Duration::rep> delay(shortest_delay.count(), delay_.count());
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from || cut_[from][to]) continue;
    int& lost = nodes_[to].lost_from[from];
    if (chance(random_) < loss_ && lost < losses_in_a_row) {
      ++lost;
      continue;
    }
    lost = 0;
    const int copies = chance(random_) < duplication_ ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      packets_.push({now_ + Duration(delay(random_)), sequence_++, from, to, message});
    }
  }
  if (sequence_ > most_packets) failure_ = "a storm of adverts";
}

bool Cluster::owns(std::size_t i) const { return acts(i) && nodes_[i].router->state() == State::active; }

std::size_t Cluster::owners() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) count += owns(i) ? 1 : 0;
  return count;
}

std::size_t Cluster::best() const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    if (nodes_[i].priority >= nodes_[best].priority) best = i;  // addresses grow with the index
  }
  return best;
}

// After every event:
//   two nodes that hear each other do not both own, but for the time that the next advert needs;
//   a node that may own hears an owner or is one, but for the time that it needs to notice;
//   (in perform:) nobody takes over in silence where there is none.
void Cluster::check() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!acts(i)) continue;
    const VirtualRouter& router = *nodes_[i].router;
    if ((router.state() == State::active) != router.holds_addresses()) failure_ = "addresses and state disagree";
    check_owned(i);
    for (std::size_t j = i + 1; j < nodes_.size(); ++j) check_pair(i, j);
  }
}

void Cluster::check_pair(std::size_t a, std::size_t b) {
  const bool wrong = owns(a) && owns(b) && !cut_[a][b] && !cut_[b][a];
  if (lasted(wrong, both_own_since_[a][b]) > to_decide + 2 * delay_) failure_ = "two owners hear each other";
}

void Cluster::check_owned(std::size_t i) {
  bool wrong = !owns(i);
  for (std::size_t j = 0; j < nodes_.size(); ++j) {
    if (j != i && owns(j) && !cut_[j][i]) wrong = false;
  }
  if (lasted(wrong, unowned_since_[i]) > to_notice + 2 * delay_) {
    failure_ = "a node hears no owner, and does not become one";
  }
}

// For how long `wrong` has been true, without a disturbance.
Duration Cluster::lasted(bool wrong, std::optional<TimePoint>& since) const {
  if (!wrong) since.reset();
  else if (!since) since = now_;
  return wrong ? now_ - std::max(*since, disturbed_at_) : Duration::zero();
}

}  // namespace tandem::vrrp::sim
