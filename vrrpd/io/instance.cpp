#include "vrrpd/io/instance.hpp"

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"
#include "vrrpd/core/lease.hpp"

namespace tandem::vrrp {
namespace {

ChecksumForm first_form(const config::VirtualAddressConfig& virtual_address) {
  return virtual_address.checksum == config::ChecksumChoice::rfc5798 ? ChecksumForm::rfc5798 : ChecksumForm::rfc9568;
}

// What is only more of the same is no news.
bool is_news(const Actions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return action.kind != Action::Kind::send_advert && action.kind != Action::Kind::announce;
  });
}

}  // namespace

Instance::Instance(Context& context, Interface& interface, InstanceConfig config, std::shared_ptr<InstanceGroup> group)
    : context_(context),
      interface_(interface),
      config_(std::move(config)),
      group_(std::move(group)),
      router_(group_->router()),
      tracked_(context.tracker, config_.track),
      keeper_(context, interface, config_.virtual_address.name, config_.addresses),
      lease_(context.leases, interface, config_.addresses.v6, config_.virtual_address.vrid, config_.addresses.all,
             {.length = lease_length(router_config(config_, context.started).advert_interval), .farewell = router_.farewell_time()}),
      gate_(context.seal, config_.keys),
      source_(config_.self.address),
      form_(first_form(config_.virtual_address)),
      alarm_(context.alarms, [this] { on_alarm(); }),
      since_(io::now()),
      name_hash_(name_hash(config_.virtual_address.name)) {
  if (config_.virtual_address.virtual_mac) {
    virtual_mac_.emplace(context.virtual_macs, interface, name(), config_.addresses, config_.virtual_address.vrid);
  }
  if (config_.virtual_address.unicast) pin_.emplace(context.netlink, config_.peer.address);
  if (!config_.virtual_address.hook.empty()) {
    hook_ = std::make_shared<Hook>(context, config_.self.name, config_.virtual_address);
  }
  group_->join(*this);
  interface_.set_receiver(config_.addresses.v6, config_.virtual_address.vrid,
                          [this](const Decoded& decoded) { receive(decoded); });
}

Instance::~Instance() {
  group_->leave(*this);
  interface_.remove_receiver(config_.addresses.v6, config_.virtual_address.vrid);
  keeper_.drop();
}

// ---- what happens ----------------------------------------------------------------------------

void Instance::go_quiet_if_late() {
  if (router_.state() != State::active) return;
  const TimePoint now = io::now();
  if (!router_.is_late(now) && !lease_.over()) return;
  restore_at_.reset();
  group_->perform(router_.lapse(now));
}

void Instance::refresh() {
  go_quiet_if_late();
  if (const auto source = interface_.source(config_.addresses.v6, config_.self.address); source && *source != source_) {
    source_ = *source;
    group_->set_address(source_);
    if (keeper_.holds()) keeper_.note(held_record());
  }
  refresh_virtual_mac();
  // The interface was replaced by another one of the same name: the addresses went with the old one.
  if (keeper_.holds() && carrier() != nullptr && carrier()->index != keeper_.link()) {
    take_addresses();
    router_.announce_again(io::now());
  }
  vote();
  group_->update(*this, surroundings(), io::now());
}

void Instance::stop() {
  go_quiet_if_late();
  stopping_ = true;
  // Whoever leaves does not stay for its last connection.
  if (lingers_until_) lingers_until_ = std::min(*lingers_until_, io::now() + Handover::lease);
  group_->perform(router_.stop(io::now()));
}

// An advert that waits in the queue says that the owner lives, however late this is.
void Instance::drain() { interface_.drain(); }

void Instance::address_removed(const HostAddress& address) {
  go_quiet_if_late();
  if (!keeper_.holds(address) || restore_at_) return;
  const TimePoint now = io::now();
  restore_at_ = restore_pace_.removed(now);
  if (*restore_at_ <= now) on_timer();
  else arm();
}

void Instance::renew() {
  go_quiet_if_late();
  renew_virtual_mac();
  if (pin_ && unheard_by_peer()) pin_->forget();
  else if (pin_ && interface_.usable(config_.addresses.v6)) pin_->refresh(interface_.link()->index);
  if (!lingers_until_ || stopping_ || !handover()) return;
  handover()->linger(context_.netlink, config_.virtual_address.addresses);
  send(0);  // tells the new owner that there is still something to relay
}

void Instance::on_timer() {
  const TimePoint woken = io::now();
  const auto due = router_.protocol_deadline();
  if (leads() && due && *due <= woken) counters_.lateness.record(woken - *due);
  group_->go_quiet_if_late();
  if (restore_at_ && *restore_at_ <= woken) {
    restore_at_.reset();
    if (keeper_.holds() && keeper_.restore()) {
      ++counters_.restored;
      router_.announce_again(woken);
      context_.events.add("address_restored", name(), "somebody removed the address while this node owns it");
    }
  }
  if (lingers_until_ && *lingers_until_ <= woken) end_linger();
  if (router_.state() == State::backup) group_->drain();
  vote();
  group_->perform(router_.on_time(io::now()));
}

std::optional<TimePoint> Instance::deadline() const {
  std::optional<TimePoint> next = leads() ? router_.deadline() : std::nullopt;
  for (const auto& other : {restore_at_, lingers_until_, failover_deadline()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

// A backup's deadline moves on with every advert. An alarm that is too early is left as it is and set again when it goes
// off: once in three adverts, instead of with each of them.
void Instance::arm() {
  const auto next = deadline();
  if (!firing_ && next) alarm_.set(*next);
}

void Instance::on_alarm() {
  const auto due = deadline();
  firing_ = true;  // set again once, when all that is due is done
  if (due && *due <= io::now()) on_timer();
  firing_ = false;
  arm();
}

// ---- what is done about it -------------------------------------------------------------------

void Instance::take_over(const Actions& actions) {
  for (const Action& action : actions) {
    if (action.kind != Action::Kind::take_addresses) continue;
    relay_from_peer(actions);
    take_addresses();
  }
}

void Instance::carry_out(const Actions& actions) {
  // The next of its adverts, and nothing besides that must not overtake it.
  const bool routine = firing_ && router_.state() == State::active && actions.size() == 1;
  if (routine && *actions.begin() == Action::send_advert(router_.priority())) return send_with_others(router_.priority());
  for (const Action& action : actions) carry_out(action);
  let_go_of_dead_interface();
  show_way_back(actions);
}

void Instance::conclude(const Actions& actions) {
  for (const Action& action : actions) report(action);
  settle_failover();
  arm();
  if (is_news(actions) || stopping_) context_.status_changed();
}

void Instance::carry_out(const Action& action) {
  switch (action.kind) {
    case Action::Kind::send_advert: send(action.priority); break;
    case Action::Kind::take_addresses: break;  // take_over()
    case Action::Kind::drop_addresses: drop_addresses(); break;
    case Action::Kind::announce: announce(); break;
    case Action::Kind::conflict: ++counters_.conflicts; break;
    case Action::Kind::entered:
      if (action.to != State::initialize && interface_.link()) context_.neighbours.want(interface_.link()->index);
      break;
  }
}

void Instance::take_addresses() {
  lease_.open();
  keeper_.take(held_record());
  end_linger();
}

void Instance::drop_addresses() {
  if (handover()) {
    handover()->linger(context_.netlink, config_.virtual_address.addresses);
    lingers_until_ = io::now() + (stopping_ ? Handover::lease : Handover::grace);
  }
  keeper_.drop();
  lease_.close();
  if (virtual_mac_) lease_.mute();
}

// While the group is handed over: nothing is, on a LAN that this node does not reach.
void Instance::let_go_of_dead_interface() {
  if (router_.handing_over() && keeper_.holds() && !on_lan()) drop_addresses();
}

void Instance::end_linger() {
  lingers_until_.reset();
  if (handover()) handover()->end_linger(context_.netlink, config_.virtual_address.addresses);
  context_.status_changed();
}

// An address that is taken from a peer that lives comes with open connections there.
void Instance::relay_from_peer(const Actions& actions) {
  if (!peer_ || !handover()) return;
  for (const Action& action : actions) {
    if (action.kind != Action::Kind::entered || action.to != State::active) continue;
    if (action.cause == Cause::adverts_missed || action.cause == Cause::nobody_took_over) continue;
    handover()->relay_to(peer_->address, config_.virtual_address.addresses, io::now());
  }
}

void Instance::announce() {
  const Link* link = carrier();
  if (link == nullptr) return;
  for (const Prefix& prefix : config_.addresses.all) {
    if (context_.announcer.announce(*link, prefix.address) == 0) ++counters_.announcements;
    else ++counters_.send_errors;
  }
}

}  // namespace tandem::vrrp
