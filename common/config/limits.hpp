// How much a configuration may ask of one vrrpd.
#pragma once

#include <cstddef>

namespace tandem::config {

inline constexpr std::size_t max_virtual_addresses = 255;
/// Of one VRID, whatever their family; with the link-local address that an IPv6 virtual router has in any case.
inline constexpr std::size_t max_addresses_per_vrid = 64;

}  // namespace tandem::config
