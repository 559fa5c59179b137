// The virtual addresses of one sync group at work: carries out for all of them what their one state machine decides
// (vrrpd/core/sync_group.hpp). An address without a sync group has an InstanceGroup to itself.
//
// Shared by its instances, which join at their birth and leave at their end; io thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "vrrpd/core/sync_group.hpp"
#include "vrrpd/io/explain.hpp"

namespace tandem::vrrp {

class Instance;
struct InstanceConfig;

/// Of the virtual router, or of all those of its sync group. `started`: the daemon.
RouterConfig router_config(const InstanceConfig& config, TimePoint started);
/// True if the address, or another one of its sync group, has the place of `old`: interface and VRID.
bool takes_place_of(const InstanceConfig& config, const config::VirtualAddressConfig& old);

class InstanceGroup {
 public:
  /// The one that `config` belongs to: of one of `instances`, or a new one.
  static std::shared_ptr<InstanceGroup> of(const InstanceConfig& config, TimePoint started,
                                           const std::vector<std::unique_ptr<Instance>>& instances);
  InstanceGroup(const InstanceConfig& config, TimePoint started);

  void join(Instance& member);
  void leave(Instance& member);
  /// In the order of the configuration, as far as they have joined.
  [[nodiscard]] const std::vector<Instance*>& members() const { return members_; }
  /// The first one keeps the group's time and speaks for it: timers, votes.
  [[nodiscard]] bool leads(const Instance& member) const { return members_.front() == &member; }

  [[nodiscard]] VirtualRouter& router() { return core_.router(); }
  void set_address(const IpAddress& address) { core_.set_address(address); }
  /// Each carries `actions` out. `heard_by`: the member whose advert led to them, if one did.
  void perform(const Actions& actions, const Instance* heard_by = nullptr);
  /// What `member` is told and sees.
  void update(const Instance& member, const Surroundings& surroundings, TimePoint now);
  void advert(const Instance& member, const HeardAdvert& heard, TimePoint now);
  /// The operator moves the group, by the name of `member`.
  void fail_over(const Instance& member, TimePoint now);

  /// Before anything else is done, whatever woke this node up: an owner that was frozen owns no more.
  void go_quiet_if_late();
  /// Reads what is queued on every LAN, if this node is Backup: an advert there says that the owner lives.
  void drain();
  /// A failover of one of them is going on.
  [[nodiscard]] bool moving() const;
  /// The other router, where it was heard last.
  [[nodiscard]] const std::optional<PeerView>& peer() const;
  /// Who heard, or was asked for, what the group did last.
  [[nodiscard]] const Instance& led_by() const {
    const Instance* first = members_.front();
    return led_by_ != nullptr ? *led_by_ : *first;
  }

 private:
  [[nodiscard]] std::size_t index_of(const Instance& member) const;

  std::vector<std::string> names_;  // all that the group has by the configuration
  SyncGroup core_;
  std::vector<Instance*> members_;
  const Instance* led_by_ = nullptr;
};

}  // namespace tandem::vrrp
