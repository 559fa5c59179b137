#include "common/metrics/text.hpp"

#include <string>

#include "vrrpd/io/node_status.hpp"

namespace tandem::vrrp {
namespace {

using metrics::Labels;
using metrics::MetricsText;

void add_dropped(MetricsText& text, const char* name, const char* help, const DropCounters& dropped,
                 const Labels& labels) {
  for (std::size_t cause = 1; cause < dropped.size(); ++cause) {
    Labels with_cause = labels;
    with_cause.emplace_back("cause", to_string(static_cast<Drop>(cause)));
    text.counter(name, help, dropped[cause], with_cause);
  }
}

void add_hook(MetricsText& text, const HookStatus& hook, const Labels& labels) {
  const std::pair<const char*, std::uint64_t> results[] = {
      {"ok", hook.succeeded}, {"failed", hook.failed}, {"timed_out", hook.timed_out}, {"dropped", hook.dropped}};
  for (const auto& [result, count] : results) {
    Labels with_result = labels;
    with_result.emplace_back("result", result);
    text.counter("tandem_vrrp_hooks_total", "Runs of the hook, and notices that a later one replaced.", count, with_result);
  }
}

void add_instance(MetricsText& text, const InstanceConfig& config, const InstanceStatus& status) {
  const std::string vrid = std::to_string(config.virtual_address.vrid);
  const Labels labels = {{"virtual_address", config.virtual_address.name},
                         {"interface", config.virtual_address.interface},
                         {"vrid", vrid}};
  text.gauge("tandem_vrrp_state", "0 initialize, 1 backup, 2 active.", static_cast<int>(status.state), labels);
  if (const std::string& group = config.virtual_address.sync_group; !group.empty()) {
    Labels with_group = labels;
    with_group.emplace_back("sync_group", group);
    text.gauge("tandem_vrrp_sync_group", "Always 1: says with which others the address moves.", 1, with_group);
  }
  text.gauge("tandem_vrrp_priority", "Priority of this node for the address.", int{status.priority}, labels);
  text.gauge("tandem_vrrp_may_take_over", "1 if this node is fit to own the address.", status.may_take_over, labels);
  text.gauge("tandem_vrrp_peer_priority", "Priority in the last advert heard; 0 if it left or none was heard.",
             status.peer ? int{status.peer->priority} : 0, labels);
  for (const State state : {State::initialize, State::backup, State::active}) {
    Labels with_state = labels;
    with_state.emplace_back("state", to_string(state));
    text.counter("tandem_vrrp_transitions_total", "Times that the state was entered.",
                 status.entered[static_cast<std::size_t>(state)], with_state);
  }
  text.counter("tandem_vrrp_adverts_sent_total", "Adverts sent.", status.adverts_sent, labels);
  text.counter("tandem_vrrp_adverts_received_total", "Valid adverts received.", status.adverts_received, labels);
  text.counter("tandem_vrrp_send_errors_total", "Adverts and announcements that the system refused to send.",
               status.send_errors, labels);
  text.counter("tandem_vrrp_mismatches_total", "Adverts with other addresses or another interval than configured.",
               status.mismatches, labels);
  text.counter("tandem_vrrp_conflicts_total", "Adverts of a second owner, answered.", status.conflicts, labels);
  text.counter("tandem_vrrp_announcements_total", "Gratuitous ARP announcements, per address.", status.announcements,
               labels);
  text.counter("tandem_vrrp_addresses_restored_total", "Times that removed addresses were put back.", status.restored,
               labels);
  text.counter("tandem_vrrp_address_errors_total", "Addresses that could not be added or removed.",
               status.address_failures, labels);
  text.counter("tandem_vrrp_late_total", "Times that this node gave the address up because its adverts were late.",
               status.late, labels);
  text.gauge("tandem_vrrp_authenticated", "1 if adverts are authenticated.", status.authenticated, labels);
  text.gauge("tandem_vrrp_lease_enforced", "1 if the kernel silences this node when its adverts are late.",
             status.lease.enforced, labels);
  text.gauge("tandem_vrrp_lease_bound_seconds", "Without an advert for so long this node is mute.",
             std::chrono::duration<double>(status.lease.bound).count(), labels);
  text.counter("tandem_vrrp_silenced_packets_total", "Packets that the kernel dropped because the lease was over.",
               status.lease.silenced, labels);
  text.gauge("tandem_vrrp_vote_held", "1 if the LAN is silent and only the other voices keep this node from taking over.",
             status.vote.held, labels);
  text.gauge("tandem_vrrp_peer_heartbeat", "1 if the peer's heartbeat comes over the sync link.",
             status.vote.peer.has_value(), labels);
  text.gauge("tandem_vrrp_epoch", "Grows with each promotion in the pair.", static_cast<double>(status.vote.epoch), labels);
  if (status.virtual_mac) {
    const bool good = !status.virtual_mac->device.empty() && status.virtual_mac->problem.empty();
    text.gauge("tandem_vrrp_virtual_mac", "1 if the virtual MAC address works as it should.", good, labels);
  }
  add_dropped(text, "tandem_vrrp_adverts_dropped_total", "Adverts for this VRID that were dropped.", status.dropped,
              labels);
  text.histogram("tandem_vrrp_timer_lateness_seconds", "How late the protocol's timers were served.",
                 status.lateness, labels);
  if (status.hook) add_hook(text, *status.hook, labels);
}

void add_condition(MetricsText& text, const Condition& condition) {
  const Labels labels = {{"condition", condition.name}};
  text.gauge("tandem_vrrp_tracked_holds", "1 if the tracked condition holds.", condition.holds(), labels);
  text.counter("tandem_vrrp_tracked_failed_looks_total", "Looks that did not find it so.", condition.failed_looks, labels);
  text.counter("tandem_vrrp_tracked_changes_total", "Times that it began or ceased to hold.", condition.changes, labels);
}

}  // namespace

std::string metrics_text(const NodeStatus& status) {
  MetricsText text;
  text.gauge("tandem_vrrp_realtime", "1 if vrrpd runs under SCHED_FIFO.", status.realtime.fifo);
  text.gauge("tandem_vrrp_memory_locked", "1 if vrrpd's memory is locked.", status.realtime.locked);
  text.gauge("tandem_vrrp_lbd_ready", "1 if this node's lbd lives and is ready.",
             status.lbd.connected && status.lbd.ready);
  text.gauge("tandem_vrrp_in_sync", "1 if syncd says that this node has what its peer knows.", status.sync.in_sync);
  text.gauge("tandem_vrrp_maintenance", "1 if the operator has taken this node out of service.", status.maintenance.on);
  text.counter("tandem_vrrp_control_refused_total", "Changes refused because their sender may only look.",
               status.control_refused);
  if (!status.virtual_addresses.empty()) {
    text.gauge("tandem_vrrp_witnesses", "0 unknown or none configured, 1 at least one answers, 2 doubtful, 3 none answers.",
               static_cast<int>(status.virtual_addresses.front().second.vote.sight));
  }
  for (const auto& [config, instance] : status.virtual_addresses) add_instance(text, config, instance);
  for (const auto& condition : status.conditions) add_condition(text, *condition);
  for (const auto& [name, dropped] : status.interfaces) {
    add_dropped(text, "tandem_vrrp_foreign_packets_total", "Packets that belong to no configured virtual router.",
                dropped, {{"interface", name}});
  }
  return text.str();
}

}  // namespace tandem::vrrp
