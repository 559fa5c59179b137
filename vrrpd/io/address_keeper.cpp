#include "vrrpd/io/address_keeper.hpp"

#include <algorithm>
#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration lifetime = std::chrono::seconds(3);

}  // namespace

AddressKeeper::AddressKeeper(Context& context, const Interface& interface, std::string name,
                             RouterAddresses addresses)
    : context_(context), interface_(interface), name_(std::move(name)), addresses_(std::move(addresses)) {}

Prefix AddressKeeper::as_installed(const Prefix& prefix, bool on_device) const {
  const bool v6 = prefix.address.is_v6();
  // A link-local address has no other way back than its own device.
  const bool host = on_device ? !prefix.address.is_v6_link_local() : v6 && interface_.covers(prefix.address);
  return host ? Prefix{prefix.address, static_cast<std::uint8_t>(v6 ? 128 : 32)} : prefix;
}

void AddressKeeper::take(const HeldRecord& record) {
  if (!slot_ || link_ != record.address_link) {
    on_device_ = record.address_link != record.interface_index;
    installed_.clear();
    for (const Prefix& prefix : addresses_.all) installed_.push_back(as_installed(prefix, on_device_));
  }
  note(record);
  renew();
}

void AddressKeeper::note(HeldRecord record) {
  link_ = record.address_link;
  record.count = static_cast<std::uint8_t>(installed_.size());
  record.advertised = static_cast<std::uint8_t>(addresses_.advertised);
  std::copy(installed_.begin(), installed_.end(), record.addresses.begin());
  // The new note before the old one goes: the guard may look at any moment.
  const auto slot = context_.board.hold(record);
  if (slot_) context_.board.strike(*slot_);
  slot_ = slot;
  if (!slot_) log::error("{}: more than {} virtual addresses; not taken", name_, HeldBoard::slots);
}

AddressRequest AddressKeeper::request(const Prefix& prefix) const {
  return {.link = link_, .prefix = prefix,
          .options = {.lifetime = lifetime, .no_prefix_route = !on_device_ && interface_.covers(prefix.address)}};
}

void AddressKeeper::note_failure(const Error& error) {
  ++failures_;
  log::error("{}: {} on {}", name_, error.message, interface_.name());
}

void AddressKeeper::renew(Netlink& netlink, std::span<AddressKeeper* const> keepers) {
  std::vector<AddressRequest> requests;
  std::vector<AddressKeeper*> askers;
  for (AddressKeeper* keeper : keepers) {
    if (!keeper->holds()) continue;
    for (const Prefix& prefix : keeper->installed_) {
      requests.push_back(keeper->request(prefix));
      askers.push_back(keeper);
    }
  }
  const auto outcomes = netlink.put_addresses(requests);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i]) askers[i]->note_failure(outcomes[i].error());
  }
}

void AddressKeeper::renew() {
  AddressKeeper* self = this;
  renew(context_.netlink, {&self, 1});
}

bool AddressKeeper::restore() {
  auto present = context_.netlink.addresses();
  if (!present) {
    log::error("{}: {}", name_, present.error().message);
    renew();
    return false;
  }
  bool restored = false;
  for (const Prefix& prefix : installed_) {
    const bool there = std::any_of(present->begin(), present->end(), [&](const HostAddress& address) {
      return address.link == link_ && address.prefix == prefix;
    });
    if (there) continue;
    if (auto put = context_.netlink.put_address(request(prefix)); !put) note_failure(put.error());
    restored = true;
  }
  return restored;
}

void AddressKeeper::drop() {
  if (!slot_) return;
  for (const Prefix& prefix : installed_) {
    if (auto removed = context_.netlink.delete_address(link_, prefix); !removed) {
      ++failures_;
      log::error("{}: {} on {}; it expires in {} s", name_, removed.error().message, interface_.name(),
                 std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
    }
  }
  context_.board.strike(*slot_);
  slot_.reset();
}

bool AddressKeeper::holds(const HostAddress& address) const {
  return slot_ && address.link == link_ &&
         std::find(installed_.begin(), installed_.end(), address.prefix) != installed_.end();
}

}  // namespace tandem::vrrp
