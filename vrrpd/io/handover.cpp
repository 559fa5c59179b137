#include "vrrpd/io/handover.hpp"

#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr int loopback = 1;  // its index in every network namespace

Prefix host_prefix(const Prefix& prefix) { return {prefix.address, 32}; }

}  // namespace

Handover::Handover(const std::string& interface) {
  auto relay = HandoverRelay::attach(interface);
  auto discipline = ArpDiscipline::impose(interface);
  if (relay && discipline) {
    relay_ = std::move(*relay);
    discipline_.emplace(std::move(*discipline));
    return;
  }
  impediment_ = relay ? discipline.error().message : relay.error().message;
  log::warning("{}; a planned move of an address on {} will reset the connections that are open then "
               "(CAP_BPF and CAP_NET_ADMIN are needed)", impediment_, interface);
}

void Handover::relay_to(const IpAddress& peer, const std::vector<Prefix>& addresses, TimePoint now) {
  if (!relay_) return;
  for (const Prefix& prefix : addresses) {
    if (auto set = relay_->forward(prefix.address, peer, now + grace); !set) log::warning("{}", set.error().message);
  }
}

void Handover::linger(Netlink& netlink, const std::vector<Prefix>& addresses, Duration time) {
  if (!discipline_) return;  // a node that answers ARP for the address must not keep it
  for (const Prefix& prefix : addresses) {
    relay_->stop(prefix.address);
    const AddressOptions options{.lifetime = time, .no_prefix_route = true};
    if (auto kept = netlink.put_address(loopback, host_prefix(prefix), options); !kept) {
      log::warning("keep {} for the open connections: {}", prefix.address.to_string(), kept.error().message);
    }
  }
}

void Handover::end_linger(Netlink& netlink, const std::vector<Prefix>& addresses) {
  if (!discipline_) return;
  for (const Prefix& prefix : addresses) {
    if (auto removed = netlink.delete_address(loopback, host_prefix(prefix)); !removed) {
      log::warning("{}", removed.error().message);
    }
  }
}

}  // namespace tandem::vrrp
