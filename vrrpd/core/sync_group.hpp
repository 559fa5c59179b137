// The virtual routers of one sync group, which always have the same owner: one state machine for all of them. Pure.
//
// Not a machine for each with a protocol between them, because what is one cannot be split: no member is left behind, none
// is taken back alone, and the group cannot play ping-pong with itself. It sends its adverts on every member's LAN and
// hears the other node's on each of them:
//   the owner lives while it is heard on one LAN;
//   who leaves, or is better, leaves or is better for all;
//   a node that lacks one member's interface is fit for none (Fault::sync_group).
// A virtual address without a sync group is a group of one.
//
// DEVIATION(rfc9568 6.4.2): Active_Down_Timer starts anew with an advert for any member, and what follows of an advert
// follows for all; the standard knows nothing of groups. Each virtual router's packets are as it says.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "vrrpd/core/virtual_router.hpp"

namespace tandem::vrrp {

/// What the node is like for all members together, of which there is one at least. An interface that works lets the node
/// hand the others over by plan; only without any is the link down for the group.
Surroundings together(std::span<const Surroundings> members);

class SyncGroup {
 public:
  /// `config` is the same for all `members`. `peer`: the other node's address, as config.address is this one's; where they
  /// are several, adverts count as sent from it: the node's addresses on the LANs may compare one way here, another there.
  SyncGroup(const RouterConfig& config, std::size_t members, const IpAddress& peer);

  [[nodiscard]] VirtualRouter& router() { return router_; }
  [[nodiscard]] const VirtualRouter& router() const { return router_; }
  [[nodiscard]] std::size_t size() const { return members_.size(); }

  /// VirtualRouter::update, with what `member` sees. The group is unfit until each has been seen.
  Actions update(std::size_t member, const Surroundings& surroundings, TimePoint now);
  /// VirtualRouter::advert, heard by any member. What follows for the others is for_others().
  Actions advert(const HeardAdvert& heard, TimePoint now);
  /// VirtualRouter::set_address; several members have no single one.
  void set_address(const IpAddress& address);

  /// Of the actions that advert() returned, those of the members that did not hear it: only the one that did answers. (If
  /// each answered each of the other node's members, their number squared would be a storm.)
  [[nodiscard]] static Actions for_others(const Actions& actions);

 private:
  VirtualRouter router_;
  IpAddress peer_;
  std::vector<Surroundings> members_;
};

}  // namespace tandem::vrrp
