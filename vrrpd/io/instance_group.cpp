#include "vrrpd/io/instance_group.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {
namespace {

std::vector<std::string> names_in(const InstanceConfig& config) {
  if (config.group.empty()) return {config.virtual_address.name};
  std::vector<std::string> names;
  for (const auto& member : config.group) names.push_back(member.name);
  return names;
}

}  // namespace

RouterConfig router_config(const InstanceConfig& config, TimePoint started) {
  const auto& virtual_address = config.virtual_address;
  return {.preferred = virtual_address.preferred_node == config.self.name,
          .advert_interval = on_the_wire(virtual_address.version == 2 ? Version::v2 : Version::v3,
                                         virtual_address.advert_interval),
          .preempt = virtual_address.preempt,
          .preempt_delay = virtual_address.preempt_delay,
          .address = config.self.address,
          .skew_by_seconds = virtual_address.version == 2,
          .foreign = virtual_address.foreign,
          .foreign_priority = virtual_address.priority,
          .most_weights = sum_of_weights(config.track),
          .in_step_with = started};
}

bool takes_place_of(const InstanceConfig& config, const config::VirtualAddressConfig& old) {
  const auto same_place = [&old](const config::VirtualAddressConfig& one) {
    return one.interface == old.interface && one.vrid == old.vrid;
  };
  return same_place(config.virtual_address) || std::any_of(config.group.begin(), config.group.end(), same_place);
}

std::shared_ptr<InstanceGroup> InstanceGroup::of(const InstanceConfig& config, TimePoint started,
                                                 const std::vector<std::unique_ptr<Instance>>& instances) {
  const std::string& name = config.virtual_address.sync_group;
  for (const auto& instance : instances) {
    if (!name.empty() && instance->config().virtual_address.sync_group == name) return instance->group();
  }
  return std::make_shared<InstanceGroup>(config, started);
}

InstanceGroup::InstanceGroup(const InstanceConfig& config, TimePoint started)
    : names_(names_in(config)), core_(router_config(config, started), names_.size(), config.peer.address) {}

std::size_t InstanceGroup::index_of(const Instance& member) const {
  const auto name = std::find(names_.begin(), names_.end(), member.name());
  TANDEM_ASSERT(name != names_.end());
  return static_cast<std::size_t>(name - names_.begin());
}

void InstanceGroup::join(Instance& member) {
  const auto later = std::find_if(members_.begin(), members_.end(), [&](const Instance* other) {
    return index_of(*other) > index_of(member);
  });
  members_.insert(later, &member);
}

void InstanceGroup::leave(Instance& member) {
  std::erase(members_, &member);
  if (led_by_ == &member) led_by_ = nullptr;
}

// First all members take their addresses: a former owner gives up all of its own as soon as it hears one advert.
void InstanceGroup::perform(const Actions& actions, const Instance* heard_by) {
  // Most adverts: the owner lives, and only the group's timer moves on.
  if (heard_by != nullptr && actions.empty()) return members_.front()->conclude(actions);
  const Actions others = heard_by != nullptr ? SyncGroup::for_others(actions) : actions;
  const auto of = [&](const Instance* member) -> const Actions& { return member == heard_by ? actions : others; };
  for (Instance* member : members_) member->take_over(actions);
  for (Instance* member : members_) member->carry_out(of(member));
  for (Instance* member : members_) member->conclude(of(member));
}

void InstanceGroup::update(const Instance& member, const Surroundings& surroundings, TimePoint now) {
  perform(core_.update(index_of(member), surroundings, now));
}

void InstanceGroup::advert(const Instance& member, const HeardAdvert& heard, TimePoint now) {
  led_by_ = &member;
  perform(core_.advert(heard, now), &member);
}

void InstanceGroup::fail_over(const Instance& member, TimePoint now) {
  led_by_ = &member;
  perform(core_.router().fail_over(now));
}

void InstanceGroup::go_quiet_if_late() {
  for (Instance* member : members_) member->go_quiet_if_late();
}

void InstanceGroup::drain() {
  for (Instance* member : members_) member->drain();
}

bool InstanceGroup::moving() const {
  return std::any_of(members_.begin(), members_.end(), [](const Instance* member) { return member->asked_to_move(); });
}

const std::optional<PeerView>& InstanceGroup::peer() const {
  const Instance* latest = members_.front();
  for (const Instance* member : members_) {
    if (member->peer() && (!latest->peer() || member->peer()->heard > latest->peer()->heard)) latest = member;
  }
  return latest->peer();
}

}  // namespace tandem::vrrp
