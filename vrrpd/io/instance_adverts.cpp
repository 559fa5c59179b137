// The adverts of others for one virtual address: what becomes of them.
#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {

Version version_of(const config::VirtualAddressConfig& virtual_address) {
  return virtual_address.version == 2 ? Version::v2 : Version::v3;
}

void Instance::receive(const Decoded& decoded) {
  go_quiet_if_late();
  Drop drop = decoded.drop;
  if (drop == Drop::none) {
    drop = classify(decoded.advert, {.own_address = source_,
                                     .version = version_of(config_.virtual_address),
                                     .interval = on_the_wire(Version::v2, config_.virtual_address.advert_interval),
                                     .unicast = config_.virtual_address.unicast,
                                     .peer_address = config_.peer.address});
  }
  if (drop == Drop::none) drop = gate_.check(decoded.advert, io::now());
  if (drop != Drop::none) return drops_.add(drop, decoded, name(), io::now());
  accept(decoded.advert);
}

void Instance::accept(const Advert& advert) {
  const TimePoint now = io::now();
  ++counters_.adverts_received;
  if (!peer_ || peer_->address != advert.source) {
    // On another LAN than that of its configured address, or from a link-local one, the peer is known by the proof.
    const bool known = advert.source == config_.peer.address || gate_.authenticates();
    peer_ = PeerView{.name = known ? config_.peer.name : advert.source.to_string(), .address = advert.source};
  }
  peer_->priority = advert.priority;
  peer_->interval = advert.interval;
  peer_->heard = now;

  if (advert.form != form_ && config_.virtual_address.checksum == config::ChecksumChoice::automatic) {
    form_ = advert.form;
    if (keeper_.holds()) keeper_.note(held_record());
  }
  // Another owner may be one that our adverts do not reach, for its link-layer address is a new one.
  if (pin_ && router_.state() == State::active && advert.priority > 0) pin_->forget();
  const bool mismatch =
      !same_addresses(advert, config_.addresses.in_adverts()) ||
      advert.interval != on_the_wire(advert.version, config_.virtual_address.advert_interval);
  router_.set_looked_at(tracked_.looked_at());
  group_->advert(*this, {.priority = advert.priority, .interval = advert.interval, .source = advert.source}, now);
  if (advert.priority == 0 && router_.state() == State::active && handover()) {
    handover()->relay_to(advert.source, config_.virtual_address.addresses, now);
  }

  if (mismatch) ++counters_.mismatches;
  if (mismatch && !mismatch_reported_ && now >= mismatch_said_ + DropLog::pause) {
    log::warning("{}: {} advertises other addresses or another interval ({} ms) than configured here: is the "
                 "configuration the same on both nodes?", name(), peer_->name, advert.interval / std::chrono::milliseconds(1));
    mismatch_reported_ = true;
    mismatch_said_ = now;
  }
  if (!mismatch) mismatch_reported_ = false;
  const std::string_view unheeded = gate_.problem(now);
  if (!unheeded.empty() && !unheeded_reported_) log::warning("{}: {}", name(), unheeded);
  unheeded_reported_ = !unheeded.empty();
}

IpAddress Instance::destination() const {
  return config_.virtual_address.unicast ? config_.peer.address : multicast_group(config_.addresses.v6);
}

}  // namespace tandem::vrrp
