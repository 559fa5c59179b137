#include "vrrpd/core/sync_group.hpp"

#include <algorithm>

#include "common/base/assert.hpp"

namespace tandem::vrrp {
namespace {

bool on_lan(const Surroundings& member) { return member.link_up && member.has_source; }

}  // namespace

Surroundings together(std::span<const Surroundings> members) {
  TANDEM_ASSERT(!members.empty());
  const auto all = [members](auto holds) { return std::all_of(members.begin(), members.end(), holds); };
  const auto any = [members](auto holds) { return std::any_of(members.begin(), members.end(), holds); };
  Surroundings out;
  out.lbd_connected = all([](const Surroundings& m) { return m.lbd_connected; });
  out.lbd_ready = all([](const Surroundings& m) { return m.lbd_ready; });
  out.in_sync = all([](const Surroundings& m) { return m.in_sync; });
  out.tracked_hold = all([](const Surroundings& m) { return m.tracked_hold; });
  out.maintenance = any([](const Surroundings& m) { return m.maintenance; });
  out.link_up = any([](const Surroundings& m) { return m.link_up; });
  out.has_source = any(on_lan);
  out.group_on_lans = all(on_lan) || !out.has_source;
  // The conditions are the group's: each member names the same ones.
  for (const Surroundings& member : members) out.failing_weights = std::max(out.failing_weights, member.failing_weights);
  return out;
}

SyncGroup::SyncGroup(const RouterConfig& config, std::size_t members, const IpAddress& peer)
    : router_(config), peer_(peer), members_(members) {
  TANDEM_ASSERT(members > 0);
}

Actions SyncGroup::update(std::size_t member, const Surroundings& surroundings, TimePoint now) {
  TANDEM_ASSERT(member < members_.size());
  members_[member] = surroundings;
  return router_.update(together(members_), now);
}

Actions SyncGroup::advert(const HeardAdvert& heard, TimePoint now) {
  HeardAdvert from_node = heard;
  if (size() > 1) from_node.source = peer_;
  return router_.advert(from_node, now);
}

Actions SyncGroup::for_others(const Actions& actions) {
  Actions out;
  for (const Action& action : actions) {
    const bool answer = action.kind == Action::Kind::send_advert || action.kind == Action::Kind::conflict;
    if (!answer) out.add(action);
  }
  return out;
}

void SyncGroup::set_address(const IpAddress& address) {
  if (size() == 1) router_.set_address(address);
}

}  // namespace tandem::vrrp
