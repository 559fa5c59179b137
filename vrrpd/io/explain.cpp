#include "vrrpd/io/explain.hpp"

#include <fmt/core.h>

namespace tandem::vrrp {
namespace {

double milliseconds_of(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string who(const PeerView& peer) {
  const std::string address = peer.address.to_string();
  return peer.name == address ? address : fmt::format("{} ({})", peer.name, address);
}

std::string silence(const Situation& situation, TimePoint now) {
  if (!situation.peer) return "no other owner heard since startup";
  const PeerView& peer = *situation.peer;
  return fmt::format("3 adverts of {} ms from {} missed, last heard {:.1f} ms ago", milliseconds_of(peer.interval),
                     who(peer), milliseconds_of(now - peer.heard));
}

}  // namespace

std::string explain(Cause cause, const Situation& situation, TimePoint now) {
  const auto& peer = situation.peer;
  const std::string other = peer ? who(*peer) : "the peer";
  const int theirs = peer ? peer->priority : 0;
  switch (cause) {
    case Cause::startup: return fmt::format("fit to own the address, with priority {}", situation.priority);
    case Cause::adverts_missed: return silence(situation, now);
    case Cause::priority_zero: return fmt::format("{} said that it leaves (priority 0)", other);
    case Cause::owner_unfit:
      return fmt::format("{} said over the sync link that it has given the address up and is not fit to own it", other);
    case Cause::preempting:
      return fmt::format("preempted {}: priority {} beats {}", other, situation.priority, theirs);
    case Cause::forced: return fmt::format("failover: moved here from {} by the operator", other);
    case Cause::failover: return fmt::format("failover: handed to {} by the operator", other);
    case Cause::nobody_took_over: return "handed over, but no other node took the address";
    case Cause::higher_priority:
      return fmt::format("{} owns the address with priority {}, above {}", other, theirs, situation.priority);
    case Cause::late:
      return "no advert left this node in time (it was frozen, starved, or its packets do not get out): went quiet, "
             "because the peer may have taken over";
    case Cause::voted: return explain(situation.vote, peer ? peer->name : "the peer");
    case Cause::tie_lost:
      return fmt::format("{} owns the address with the same priority {} and a higher address", other, theirs);
    case Cause::fault: return situation.fault;
    case Cause::stopping: return "vrrpd is stopping, or the virtual address was removed from the configuration";
  }
  return {};
}

std::string explain(Fault fault, const std::string& interface, const LbdStatus& lbd,
                    const MaintenanceStatus& maintenance) {
  switch (fault) {
    case Fault::none:
    case Fault::sync_group:
    case Fault::tracked: return {};
    case Fault::link_down: return fmt::format("interface {} is missing, down, or without carrier", interface);
    case Fault::no_source: return fmt::format("interface {} has no address to send adverts from", interface);
    case Fault::lbd_dead: return lbd.reason;
    case Fault::maintenance: return describe(maintenance);
    case Fault::lbd_not_ready: return fmt::format("lbd is not ready: {}", lbd.reason);
  }
  return {};
}

std::string explain(Reason reason, const std::string& peer) {
  switch (reason) {
    case Reason::agreed: return {};
    case Reason::peer_lives:
      return fmt::format("{} says over the sync link that it owns the address: the path of the adverts is broken "
                         "(a filter for protocol 112, IGMP snooping, one-way loss?)", peer);
    case Reason::no_sight: return "no witness answers here: this node is the one that is cut off from the LAN";
    case Reason::not_gone:
      return fmt::format("nothing is heard from {}, which has a moment to give up, by split_policy", peer);
    case Reason::not_preferred:
      return fmt::format("nothing is heard from {}, and by split_policy only the preferred node owns then", peer);
    case Reason::peer_sees: return fmt::format("no witness answers here, but {} sees them and is fit", peer);
    case Reason::isolated: return fmt::format("no witness answers here and nothing is heard from {}: isolated", peer);
    case Reason::outvoted:
      return fmt::format("{} owns the address too, and comes first: since later (epoch), by priority or by split_policy", peer);
  }
  return {};
}

std::string remedy(Reason reason, const std::string& address, const std::string& self, const std::string& peer) {
  switch (reason) {
    case Reason::peer_lives:
      return fmt::format("{} is served by {}: run lbctl doctor on both nodes and repair the way of the adverts, or a fault "
                         "of {} will not be seen in time", address, peer, peer);
    case Reason::no_sight:
      return fmt::format("lbctl vrrp shows the witnesses: repair this node's cable, switch port or VLAN; if it is the "
                         "witnesses that are gone, lbctl failover {} --to {} --force takes it here", address, self);
    case Reason::not_gone: return "nothing: this node takes it by itself within a second";
    case Reason::not_preferred:
      return fmt::format("start {} again, or repair the sync link (lbctl sync); if {} is gone for good, set "
                         "cluster.split_policy to \"availability\" and run lbctl reload", peer, peer);
    case Reason::agreed:
    case Reason::peer_sees:
    case Reason::isolated:
    case Reason::outvoted: return {};
  }
  return {};
}

std::string with_name(std::string_view reason, std::string_view daemon) {
  constexpr std::string_view anonymous = "the daemon";
  if (!reason.starts_with(anonymous)) return std::string(reason);
  return fmt::format("{}{}", daemon, reason.substr(anonymous.size()));
}

std::string explain(VirtualRouter::Preemption preemption, const SyncStatus& sync) {
  switch (preemption) {
    case VirtualRouter::Preemption::allowed: return {};
    case VirtualRouter::Preemption::disabled: return "does not preempt a living owner: preempt is false";
    case VirtualRouter::Preemption::yielded:
      return "does not preempt a living owner: the operator moved the address away from here";
    case VirtualRouter::Preemption::unsure:
      return "does not preempt a living owner before it has looked again at what it tracks itself";
    case VirtualRouter::Preemption::delayed: return "does not preempt a living owner before preempt_delay is over";
    case VirtualRouter::Preemption::damped:
      return "does not preempt a living owner for a while: it lost the address several times in short order";
    case VirtualRouter::Preemption::no_sight:
      return "does not preempt a living owner: no witness answers here";
    case VirtualRouter::Preemption::not_in_sync:
      return fmt::format("does not preempt a living owner until in sync: {}",
                         sync.in_sync && !sync.peer_connected ? "syncd is not connected to the peer's" : sync.reason);
  }
  return {};
}

}  // namespace tandem::vrrp
