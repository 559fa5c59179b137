#include "tests/sim/vrrpd/groups.hpp"

#include <algorithm>
#include <utility>

namespace tandem::vrrp::sim {
namespace {

constexpr Duration advert_interval = milliseconds(100);
constexpr Duration to_see = milliseconds(1);  // that a cable was pulled
constexpr Duration shortest_delay = microseconds(50);
constexpr Duration longest_delay = microseconds(300);
constexpr std::uint64_t most_events = 200'000;

// A Backup of priority 1 waits four intervals; one that was late listens for up to two more.
constexpr Duration to_notice = advert_interval * 13 / 2;
// Two owners that hear each other: the next advert decides; two may be lost.
constexpr Duration to_decide = advert_interval * 7 / 2;
// No member is left behind for longer than an advert travels and is answered.
constexpr Duration to_follow = milliseconds(2);

// The nodes' addresses on the second LAN compare the other way round.
IpAddress address_of(std::size_t node, std::size_t lan) {
  const auto last = static_cast<std::uint8_t>(lan == 0 ? 11 + node : 12 - node);
  return IpAddress::v4({192, 0, static_cast<std::uint8_t>(2 + lan), last});
}

}  // namespace

Groups::Groups(std::uint32_t seed) : random_(seed) {
  preempt_ = random_() % 3 != 0;
  weight_ = random_() % 2 == 0 ? 0 : 10;
  lan_of_ = {0};
  if (seed % 4 != 0) lan_of_.push_back(1);
  while (lan_of_.size() < 1 + seed % 4) lan_of_.push_back(random_() % lans);
  shared_since_.resize(members());
  for (Node& node : nodes_) node.holds.assign(members(), false);
}

bool Groups::on_lan(std::size_t i, std::size_t member) const { return nodes_[i].seen_plugged[lan_of_[member]]; }

bool Groups::fit(std::size_t i) const {
  const Node& node = nodes_[i];
  const bool on_lans = std::all_of(lan_of_.begin(), lan_of_.end(), [&node](std::size_t lan) { return node.plugged[lan]; });
  return acts(i) && !node.stopping && on_lans && (node.tracked_plugged || weight_ > 0);
}

// The group's conditions are those of each member.
Surroundings Groups::surroundings(std::size_t i, std::size_t member) const {
  const Node& node = nodes_[i];
  return {.lbd_connected = true,
          .lbd_ready = true,
          .link_up = on_lan(i, member),
          .has_source = on_lan(i, member),
          .in_sync = true,
          .tracked_hold = node.seen_tracked || weight_ > 0,
          .failing_weights = node.seen_tracked ? 0 : weight_};
}

// ---- what can happen ---------------------------------------------------------------------------

void Groups::boot(std::size_t i) {
  Node& node = nodes_[i];
  if (node.stopping && node.group && !node.group->router().holds_addresses()) node.group.reset();
  if (node.group) return;
  disturbed();
  node.stopping = false;
  node.lost = {};
  node.group.emplace(RouterConfig{.preferred = i == 0, .advert_interval = advert_interval, .preempt = preempt_,
                                  .preempt_delay = {}, .address = address_of(i, 0), .most_weights = weight_},
                     members(), address_of(1 - i, 0));
  look(i);
}

void Groups::die(std::size_t i) {
  disturbed();
  nodes_[i].group.reset();
  nodes_[i].paused = false;
  nodes_[i].inbox.clear();
  nodes_[i].holds.assign(members(), false);
}

void Groups::pause(std::size_t i) {
  disturbed();
  if (nodes_[i].group) nodes_[i].paused = true;
}

void Groups::resume(std::size_t i) {
  if (!std::exchange(nodes_[i].paused, false)) return;
  disturbed();
  const auto inbox = std::exchange(nodes_[i].inbox, {});
  for (const auto& [member, priority] : inbox) receive(i, member, priority);
  look(i);
}

void Groups::stop(std::size_t i) {
  if (!acts(i) || nodes_[i].stopping) return;
  disturbed();
  nodes_[i].stopping = true;
  perform(i, nodes_[i].group->router().stop(now_));
}

void Groups::plug(std::size_t i, std::size_t lan, bool in) {
  disturbed();
  nodes_[i].plugged[lan] = in;
  look_later(i);
}

void Groups::plug_tracked(std::size_t i, bool in) {
  disturbed();
  nodes_[i].tracked_plugged = in;
  look_later(i);
}

void Groups::cut(std::size_t lan, bool is_cut) {
  disturbed();
  cut_[lan] = is_cut;
}

void Groups::fail_over(std::size_t i) {
  if (!fit(0) || !fit(1)) return;
  disturbed();
  perform(i, nodes_[i].group->router().fail_over(now_));
}

void Groups::heal() {
  cut_ = {};
  for (std::size_t i = 0; i < nodes; ++i) {
    resume(i);
    boot(i);
    for (std::size_t lan = 0; lan < lans; ++lan) plug(i, lan, true);
    plug_tracked(i, true);
  }
}

// ---- time --------------------------------------------------------------------------------------

void Groups::look_later(std::size_t i) { events_.push({now_ + to_see, sequence_++, i, std::nullopt, 0}); }

// Member by member, as netlink's news reach them.
void Groups::look(std::size_t i) {
  Node& node = nodes_[i];
  if (!acts(i)) return;
  node.seen_plugged = node.plugged;
  node.seen_tracked = node.tracked_plugged;
  for (std::size_t member = 0; member < members(); ++member) {
    perform(i, node.group->update(member, surroundings(i, member), now_));
  }
}

void Groups::run(Duration time) {
  const TimePoint end = now_ + time;
  while (failure_.empty()) {
    TimePoint next = end;
    std::optional<std::size_t> timer;
    for (std::size_t i = 0; i < nodes; ++i) {
      if (!acts(i)) continue;
      const auto deadline = nodes_[i].group->router().deadline();
      if (deadline && *deadline <= next) next = *deadline, timer = i;
    }
    if (!events_.empty() && events_.top().time <= next) {
      const Event event = events_.top();
      events_.pop();
      now_ = std::max(now_, event.time);
      if (event.member) receive(event.node, *event.member, event.priority);
      else look(event.node);
    } else if (timer) {
      now_ = std::max(now_, next);
      VirtualRouter& router = nodes_[*timer].group->router();
      perform(*timer, router.on_time(now_));
      if (router.deadline() && *router.deadline() <= now_) failure_ = "a deadline stays in the past";
    } else {
      break;
    }
    check();
  }
  now_ = end;
}

void Groups::receive(std::size_t i, std::size_t member, std::uint8_t priority) {
  Node& node = nodes_[i];
  if (!node.group) return;
  if (node.paused) {
    node.inbox.emplace_back(member, priority);
    return;
  }
  const HeardAdvert heard{.priority = priority, .interval = advert_interval, .source = address_of(1 - i, lan_of_[member])};
  perform(i, node.group->advert(heard, now_), member);
}

// As the shell does it (vrrpd/io/instance_group.cpp).
void Groups::perform(std::size_t i, const Actions& actions, std::optional<std::size_t> heard_by) {
  Node& node = nodes_[i];
  const Actions others = heard_by ? SyncGroup::for_others(actions) : actions;
  for (const Action& action : actions) {
    if (action.kind == Action::Kind::take_addresses) node.holds.assign(members(), true);
    if (action.kind != Action::Kind::entered || action.to != State::active) continue;
    ++moves_;
    if (action.cause == Cause::adverts_missed && now_ - disturbed_at_ > 2 * to_notice) {
      failure_ = "a flap: an owner lives, and the other node took over in silence";
    }
  }
  for (std::size_t member = 0; member < members(); ++member) {
    for (const Action& action : member == heard_by ? actions : others) act(i, member, action);
    if (node.group->router().handing_over() && !on_lan(i, member)) node.holds[member] = false;
  }
}

void Groups::act(std::size_t i, std::size_t member, const Action& action) {
  if (action.kind == Action::Kind::send_advert) send(i, member, action.priority);
  if (action.kind == Action::Kind::drop_addresses) nodes_[i].holds[member] = false;
}

void Groups::send(std::size_t from, std::size_t member, std::uint8_t priority) {
  const std::size_t lan = lan_of_[member];
  const std::size_t to = 1 - from;
  if (sequence_ > most_events) failure_ = "a storm of adverts";
  if (cut_[lan] || !nodes_[from].plugged[lan] || !nodes_[to].plugged[lan]) return;
  int& lost = nodes_[from].lost[lan];
  if (std::uniform_real_distribution<double>(0, 1)(random_) < loss_ && lost < 2) {
    ++lost;
    return;
  }
  lost = 0;
  std::uniform_int_distribution<Duration::rep> delay(shortest_delay.count(), longest_delay.count());
  events_.push({now_ + Duration(delay(random_)), sequence_++, to, member, priority});
}

// ---- what must hold ------------------------------------------------------------------------------

std::optional<std::size_t> Groups::owner() const {
  for (std::size_t i = 0; i < nodes; ++i) {
    if (acts(i) && std::all_of(nodes_[i].holds.begin(), nodes_[i].holds.end(), [](bool held) { return held; })) return i;
  }
  return std::nullopt;
}

// After every event:
//   on one node the members are together, but for those that a dying interface has let go of;
//   two nodes that hear each other on any LAN do not both own, but for the time that the next advert needs;
//   no member is here while another one is there;
//   the whole group has an owner if a node is fit, but for the time that it needs to notice.
void Groups::check() {
  for (std::size_t i = 0; i < nodes; ++i) {
    if (!acts(i)) continue;
    const VirtualRouter& router = nodes_[i].group->router();
    for (std::size_t member = 0; member < members(); ++member) {
      const bool may_lack = router.handing_over();
      if (nodes_[i].holds[member] ? !router.holds_addresses() : router.holds_addresses() && !may_lack) {
        failure_ = "the members of a node disagree";
      }
    }
  }
  if (!acts(0) || !acts(1)) {
    split_since_.reset();
  } else {
    for (std::size_t member = 0; member < members(); ++member) {
      const std::size_t lan = lan_of_[member];
      const bool heard = !cut_[lan] && nodes_[0].plugged[lan] && nodes_[1].plugged[lan];
      const bool both = nodes_[0].group->router().state() == State::active && nodes_[1].group->router().state() == State::active;
      if (lasted(heard && both, shared_since_[member]) > to_decide) failure_ = "two owners hear each other";
    }
    bool first = false;
    bool second = false;
    for (std::size_t member = 0; member < members(); ++member) {
      first = first || (holds(0, member) && !holds(1, member));
      second = second || (holds(1, member) && !holds(0, member));
    }
    const bool split = first && second;
    if (split && !split_since_) split_since_ = now_;
    if (!split) split_since_.reset();
    if (split_since_ && now_ - *split_since_ > to_follow) failure_ = "one member is here, another one there";
  }
  if (lasted(!owner() && (fit(0) || fit(1)), unowned_since_) > to_notice) failure_ = "a node is fit, and the group has no owner";
}

// For how long `wrong` has been true, without a disturbance.
Duration Groups::lasted(bool wrong, std::optional<TimePoint>& since) const {
  if (!wrong) since.reset();
  else if (!since) since = now_;
  return wrong ? now_ - std::max(*since, disturbed_at_) : Duration::zero();
}

}  // namespace tandem::vrrp::sim
