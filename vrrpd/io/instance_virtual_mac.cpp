// What a virtual MAC address changes for one virtual address: where the addresses live, and how adverts leave.
#include "vrrpd/core/frame.hpp"
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

// DEVIATION(rfc9568 7.2): priority 0 and unicast adverts leave with the interface's own MAC address. Who leaves must not
// draw the switches back to itself from the new owner, and tells that one's relay by it where the open connections are.
// A unicast advert needs the answer of ARP, which must not come to the virtual one.
int Instance::transmit(bool own_mac, std::span<const std::uint8_t> message) const {
  const bool as_virtual = virtual_mac_ && virtual_mac_->link() != nullptr && !config_.virtual_address.unicast;
  if (!as_virtual || own_mac || !interface_.link()) return interface_.send(source_, destination(), message);
  std::array<std::uint8_t, max_frame_bytes> frame;
  const std::size_t length = advert_frame(virtual_mac_->link()->mac, source_, destination(), message, frame);
  return context_.frames.send(interface_.link()->index, {frame.data(), length});
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
