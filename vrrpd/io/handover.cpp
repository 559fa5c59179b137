#include "vrrpd/io/handover.hpp"

#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr int loopback = 1;  // its index in every network namespace

Prefix host_prefix(const Prefix& prefix) { return {prefix.address, 32}; }

}  // namespace

Handover::Handover(const std::string& interface, const std::string& arp_impediment) {
  auto relay = HandoverRelay::attach(interface);
  if (relay && arp_impediment.empty()) {
    relay_ = std::move(*relay);
    return;
  }
  impediment_ = relay ? arp_impediment : relay.error().message;
  log::warning("{}; a planned move of an address on {} will reset the connections that are open then "
               "(CAP_BPF and CAP_NET_ADMIN are needed)", impediment_, interface);
}

void Handover::relay_to(const IpAddress& peer, std::span<const Prefix> addresses, TimePoint now) {
  if (!keeps_connections()) return;
  for (const Prefix& prefix : addresses) {
    if (prefix.address.is_v6()) continue;
    if (auto set = relay_->forward(prefix.address, peer, now + lease); !set) log::warning("{}", set.error().message);
  }
}

void keep_on_loopback(Netlink& netlink, std::span<const Prefix> addresses) {
  const AddressOptions options{.lifetime = Handover::lease, .no_prefix_route = true};
  for (const Prefix& prefix : addresses) {
    if (prefix.address.is_v6()) continue;
    if (auto kept = netlink.put_address({loopback, host_prefix(prefix), options}); !kept) {
      log::warning("keep {} for the open connections: {}", prefix.address.to_string(), kept.error().message);
    }
  }
}

void Handover::linger(Netlink& netlink, std::span<const Prefix> addresses) {
  if (!keeps_connections()) return;  // a node that answers ARP for the address must not keep it
  for (const Prefix& prefix : addresses) relay_->stop(prefix.address);
  keep_on_loopback(netlink, addresses);
}

void Handover::end_linger(Netlink& netlink, std::span<const Prefix> addresses) {
  if (!keeps_connections()) return;
  for (const Prefix& prefix : addresses) {
    if (prefix.address.is_v6()) continue;
    if (auto removed = netlink.delete_address(loopback, host_prefix(prefix)); !removed) {
      log::warning("{}", removed.error().message);
    }
  }
}

}  // namespace tandem::vrrp
