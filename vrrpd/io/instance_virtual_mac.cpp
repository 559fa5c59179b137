// What a virtual MAC address changes for one virtual address: where the addresses live, and who shows
// the way back.
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {

void Instance::refresh_virtual_mac() {
  if (!virtual_mac_) return;
  virtual_mac_->refresh();
  if (!keeper_.holds()) lease_.mute();
}

const Link* Instance::carrier() const {
  if (virtual_mac_ && virtual_mac_->link() != nullptr) return virtual_mac_->link();
  return interface_.link() ? &*interface_.link() : nullptr;
}

// An address may be taken from this node without a word of leave before: the peer's relay knows the way from an advert
// with the interface's own MAC address, once a second.
void Instance::renew_virtual_mac() {
  if (!virtual_mac_) return;
  virtual_mac_->renew();
  if (config_.virtual_address.foreign || router_.state() != State::active || !handover()) return;
  send(router_.priority(), true);
}

// Preempted: the new owner asked nobody, so it may not know yet.
void Instance::show_way_back(const Actions& actions) {
  if (!virtual_mac_ || !handover()) return;
  for (const Action& action : actions) {
    if (action.kind != Action::Kind::entered || action.from != State::active) continue;
    if (action.cause == Cause::higher_priority || action.cause == Cause::tie_lost) send(0);
  }
}

}  // namespace tandem::vrrp
