// Which of a virtual router's addresses stand in its adverts, and in which order. Pure.
//
// A VRRP virtual router has one address family. One with IPv4 addresses is an IPv4 router; IPv6
// addresses beside them are not advertised, they are carried along (what others call excluded
// addresses). One with IPv6 addresses only is an IPv6 router.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/inet.hpp"

namespace tandem::vrrp {

struct RouterAddresses {
  std::vector<Prefix> all;     // the advertised ones first
  std::size_t advertised = 0;  // how many those are
  bool v6 = false;             // their family

  [[nodiscard]] std::span<const Prefix> in_adverts() const { return {all.data(), advertised}; }
  bool operator==(const RouterAddresses&) const = default;
};

/// `configured`: at least one. An IPv6 router's first address must be link-local (RFC 9568 5.2.9,
/// erratum 8300): the first configured one goes to the front; without one it is link_local_for(vrid).
RouterAddresses arrange(std::span<const Prefix> configured, std::uint8_t vrid);

/// fe80::112:VRID/64, the same on both nodes. Not made from the virtual MAC address (section 7.4).
Prefix link_local_for(std::uint8_t vrid);

}  // namespace tandem::vrrp
