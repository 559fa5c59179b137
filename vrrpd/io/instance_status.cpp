// What is known of one virtual address: what its state machine is told, what the guard has to know, what is shown.
#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {

bool Instance::on_lan() const {
  const bool v6 = config_.addresses.v6;
  return interface_.usable(v6) && interface_.source(v6, config_.self.address).has_value();
}

Surroundings Instance::surroundings() const {
  return {.lbd_connected = context_.lbd.connected,
          .lbd_ready = context_.lbd.ready,
          .link_up = interface_.usable(config_.addresses.v6),
          .has_source = interface_.source(config_.addresses.v6, config_.self.address).has_value(),
          // A syncd that has nobody to compare with calls itself in sync after a while: what is known is all there is. A
          // living owner knows more.
          .in_sync = (context_.sync.in_sync && context_.sync.peer_connected) || config_.virtual_address.foreign,
          .tracked_hold = tracked_.hold(),
          .failing_weights = tracked_.failing_weights(),
          .maintenance = context_.maintenance.on};
}

Situation Instance::situation() const {
  return {.fault = fault_text(), .priority = router_.priority(), .peer = peer_, .vote = router_.verdict().reason};
}

HeldRecord Instance::held_record() const {
  HeldRecord record;
  record.interface_index = interface_.link() ? interface_.link()->index : 0;
  record.address_link = carrier() != nullptr ? carrier()->index : 0;
  record.version = version_of(config_.virtual_address);
  record.vrid = config_.virtual_address.vrid;
  record.form = form_;
  record.keeps_connections = handover() != nullptr && interface_.handover_keeps_connections();
  record.lease_slot = lease_.slot();
  record.key = gate_.own_key();
  record.interval = config_.virtual_address.advert_interval;
  record.source = source_;
  record.destination = destination();
  return record;
}

// Connections follow the adverts of an IPv4 router; its relay knows nothing else.
Handover* Instance::handover() const { return config_.addresses.v6 ? nullptr : interface_.handover(); }

std::string Instance::owner() const {
  if (router_.state() == State::active) return config_.self.name;
  const auto& peer = group_->peer();
  const bool peer_owns = peer && peer->priority > 0 && io::now() - peer->heard <= router_.active_down_interval();
  if (peer_owns) return peer->name;
  return router_.holds_addresses() ? config_.self.name : "";
}

TimerStatus Instance::timers() const {
  TimerStatus timers{.active_adver_interval = router_.active_adver_interval(),
                     .skew_time = router_.skew_time(),
                     .active_down_interval = router_.active_down_interval(),
                     .due = {}};
  if (const auto due = router_.protocol_deadline()) timers.due = *due - io::now();
  return timers;
}

InstanceStatus Instance::status() const {
  InstanceStatus status = counters_;
  status.lateness = group_->members().front()->counters_.lateness;
  status.timers = timers();
  status.state = router_.state();
  status.owner = owner();
  status.since = since_;
  status.cause = cause_;
  status.priority = router_.priority();
  status.may_take_over = router_.fault() == Fault::none && !stopping_;
  status.may_take_over_reason = fault_text();
  if (status.may_take_over && router_.state() == State::backup) {
    status.may_take_over_reason = explain(router_.preemption(io::now()), context_.sync);
  }
  status.peer = peer_;
  status.dropped = drops_.counters();
  status.authenticated = gate_.authenticates();
  status.authentication_problem = gate_.problem(io::now());
  status.lease = lease_.status();
  status.vote = {.verdict = router_.verdict(), .held = router_.held(), .epoch = router_.epoch(),
                 .sight = context_.voting.sight(), .peer = context_.voting.peer(name_hash_, io::now())};
  if (virtual_mac_) status.virtual_mac = virtual_mac_->status();
  status.track = tracked_.status();
  if (hook_) status.hook = hook_->status();
  status.address_failures = keeper_.failures();
  return status;
}

}  // namespace tandem::vrrp
