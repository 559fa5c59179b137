#include "vrrpd/io/virtual_mac.hpp"

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/core/virtual_mac.hpp"

namespace tandem::vrrp {
namespace {

constexpr unsigned renewals_per_look = 8;
constexpr Duration retry_pause = std::chrono::seconds(10);

}  // namespace

VirtualMac::VirtualMac(VirtualMacDevices& devices, const Interface& interface, std::string name,
                       const RouterAddresses& addresses, std::uint8_t vrid)
    : devices_(devices), interface_(interface), name_(std::move(name)), addresses_(addresses), vrid_(vrid) {}

VirtualMac::~VirtualMac() { let_go(); }

void VirtualMac::let_go() {
  if (link() != nullptr) devices_.release(device_.link.index);
  device_.link = {};
}

void VirtualMac::refresh() {
  if (!interface_.link()) {
    device_.link = {};  // it went with its interface
    return;
  }
  const TimePoint now = io::now();
  if (refused_on_ == interface_.link()->index && now < retry_at_) return;
  const bool carries_v6 = std::any_of(addresses_.all.begin(), addresses_.all.end(),
                                      [](const Prefix& prefix) { return prefix.address.is_v6(); });
  auto acquired = devices_.acquire(*interface_.link(), addresses_.v6, vrid_, carries_v6);
  const std::string before = std::exchange(device_.problem, {});
  if (acquired) {
    device_ = std::move(*acquired);
    refused_on_ = 0;
    if (!interface_.arp_impediment().empty()) device_.problem = interface_.arp_impediment();
  } else {
    let_go();
    refused_on_ = interface_.link()->index;
    retry_at_ = now + retry_pause;
    device_.problem = acquired.error().message + "; the addresses have the MAC address of the interface";
  }
  if (!device_.problem.empty() && device_.problem != before) {
    log::warning("{}: virtual MAC address {}: {}", name_, status().address, device_.problem);
  }
}

void VirtualMac::renew() {
  if (link() == nullptr) return refresh();
  if (renewals_++ % renewals_per_look != 0) return;
  devices_.keep(device_.link.index);
  refresh();
}

VirtualMacStatus VirtualMac::status() const {
  return {.address = to_string(virtual_mac(addresses_.v6, vrid_)),
          .device = link() != nullptr ? device_.link.name : "",
          .problem = device_.problem};
}

}  // namespace tandem::vrrp
