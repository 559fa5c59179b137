#include "vrrpd/io/neighbour_pin.hpp"

#include "common/log/log.hpp"

namespace tandem::vrrp {

NeighbourPin::~NeighbourPin() { forget(); }

void NeighbourPin::refresh(int link) {
  if (link_ == link) return;
  forget();
  const auto known = netlink_.neighbour(link, peer_);
  if (!known) return;
  if (known->pinned) {  // by a vrrpd that was killed: perhaps long ago
    link_ = link;
    return forget();
  }
  if (!known->reachable) return;
  if (auto pinned = netlink_.pin_neighbour(link, peer_, known->mac); !pinned) {
    return log::warning("{}", pinned.error().message);
  }
  link_ = link;
}

void NeighbourPin::forget() {
  if (!link_) return;
  if (auto removed = netlink_.delete_neighbour(*link_, peer_); !removed) log::warning("{}", removed.error().message);
  link_.reset();
}

}  // namespace tandem::vrrp
