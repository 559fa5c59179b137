#include "vrrpd/io/lease_holder.hpp"

#include "common/log/log.hpp"

namespace tandem::vrrp {

LeaseHolder::LeaseHolder(LeaseTable* table, Interface& interface, bool v6, std::uint8_t vrid,
                         std::span<const Prefix> addresses, const LeaseTerms& terms)
    : table_(table), interface_(interface), v6_(v6), vrid_(vrid), addresses_(addresses), terms_(terms) {
  if (table_ != nullptr) slot_ = table_->allocate();
}

LeaseHolder::~LeaseHolder() {
  close();
  LeaseGate* gate = interface_.lease_gate();
  if (muted_ && gate != nullptr) gate->unguard(v6_, vrid_, addresses_);
  if (slot_) table_->release(*slot_);
}

void LeaseHolder::open() {
  LeaseGate* gate = interface_.lease_gate();
  if (!slot_ || gate == nullptr) return;
  // The lease before the gate: what is guarded without a lease is mute.
  table_->open(*slot_, terms_);
  if (auto guarded = gate->guard(v6_, vrid_, addresses_, *slot_); !guarded) {
    log::error("VRID {}: {}; a frozen vrrpd would go on answering", vrid_, guarded.error().message);
    gate->unguard(v6_, vrid_, addresses_);
    return;
  }
  open_ = true;
}

void LeaseHolder::close() {
  if (!open_) return;
  open_ = false;
  if (LeaseGate* gate = interface_.lease_gate(); gate != nullptr) gate->unguard(v6_, vrid_, addresses_);
  table_->close(*slot_);
}

void LeaseHolder::mute() {
  LeaseGate* gate = interface_.lease_gate();
  if (open_ || !slot_ || gate == nullptr) return;
  muted_ = true;
  gate->mute(v6_, vrid_);
}

bool LeaseHolder::over() const { return open_ && table_->remaining(*slot_) <= Duration::zero(); }

LeaseStatus LeaseHolder::status() const {
  LeaseStatus status;
  status.bound = terms_.length;
  status.enforced = slot_ && interface_.lease_gate() != nullptr;
  status.impediment = interface_.lease_impediment();
  if (open_) status.remaining = table_->remaining(*slot_);
  if (slot_) status.silenced = table_->silenced(*slot_);
  return status;
}

}  // namespace tandem::vrrp
