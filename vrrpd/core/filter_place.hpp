// Where vrrpd's programs stand among the tc filters of an interface: each place is handle and priority. They are fixed,
// so that a program replaces exactly its predecessor, and `vrrpd --release` finds what a dead vrrpd has left.
#pragma once

#include <cstdint>

namespace tandem::vrrp {

/// The kernel lease, on both directions; before the relay, which ends the classification.
inline constexpr std::uint32_t lease_place = 0x7460;
/// The hand-over relay, on the ingress.
inline constexpr std::uint32_t relay_place = 0x7461;

}  // namespace tandem::vrrp
