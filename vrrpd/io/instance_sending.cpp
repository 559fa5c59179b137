// How the adverts of one virtual address leave.
#include <array>
#include <cerrno>
#include <cstring>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/core/frame.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {
namespace {

std::string why_not_sent(int failure) {
  switch (failure) {
    case ENOBUFS: return "swallowed on its way out, by a filter of this host or a full queue";
    case ESTALE: return "this process was held up, it would have been too late";
    default: return std::strerror(failure);
  }
}

}  // namespace

void Instance::send(std::uint8_t priority, bool own_mac) {
  send_with_others(priority, own_mac);
  context_.outbox.flush();
}

// A unicast advert needs the routes of this host, a link that is none of Ethernet the kernel's header.
void Instance::send_with_others(std::uint8_t priority, bool own_mac) {
  std::array<std::uint8_t, max_advert_bytes> message;
  const std::size_t length = gate_.write({.version = version_of(config_.virtual_address),
                                          .vrid = config_.virtual_address.vrid,
                                          .priority = priority,
                                          .interval = config_.virtual_address.advert_interval,
                                          .source = source_,
                                          .destination = destination(),
                                          .form = form_},
                                         config_.addresses.in_adverts(), message);
  const std::span<const std::uint8_t> advert(message.data(), length);
  const MacAddress* mac = sender_mac(own_mac || priority == 0);
  if (mac == nullptr || !interface_.usable(config_.addresses.v6)) {
    return sent(interface_.send(source_, destination(), advert));
  }
  std::array<std::uint8_t, max_frame_bytes> frame;
  const std::size_t frame_length = advert_frame(*mac, source_, destination(), advert, frame);
  context_.outbox.add(interface_.link()->index, {frame.data(), frame_length}, *this, io::now());
}

// DEVIATION(rfc9568 7.2): priority 0 and unicast adverts leave with the interface's own MAC address. Who leaves must not
// draw the switches back to itself from the new owner, and tells that one's relay by it where the open connections are.
// A unicast advert needs the answer of ARP, which must not come to the virtual one.
const MacAddress* Instance::sender_mac(bool own_mac) const {
  const auto& link = interface_.link();
  if (config_.virtual_address.unicast || !link || !link->ethernet) return nullptr;
  const bool as_virtual = virtual_mac_ && virtual_mac_->link() != nullptr;
  return as_virtual && !own_mac ? &virtual_mac_->link()->mac : &link->mac;
}

void Instance::sent(int failure) {
  if (failure == 0) ++counters_.adverts_sent;
  else ++counters_.send_errors;
  if (failure != send_error_reported_ && failure != 0) {
    log::error("{}: advert not sent on {}: {}", name(), interface_.name(), why_not_sent(failure));
  }
  send_error_reported_ = failure;
}

}  // namespace tandem::vrrp
