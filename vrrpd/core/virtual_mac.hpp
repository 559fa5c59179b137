// The virtual router MAC address (RFC 9568 section 7.3), and the network device that carries it. Pure.
//
// The device is a macvlan of the LAN interface, one per virtual router. Its name and its MAC address together say
// whose it is, so that what a killed vrrpd left is recognised without any record of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vrrpd/core/announcement.hpp"

namespace tandem::vrrp {

/// 00:00:5e:00:01:VRID for an IPv4 virtual router, 00:00:5e:00:02:VRID for an IPv6 one.
MacAddress virtual_mac(bool v6, std::uint8_t vrid);

/// "vr4.51.eth0", at most 15 bytes, the same at each start. Of an interface whose name is too long for that, 7
/// hexadecimal digits made from it stand instead.
std::string virtual_mac_device(bool v6, std::uint8_t vrid, std::string_view interface);

/// True if a macvlan device of this name and MAC address was made by a vrrpd, on whatever interface.
bool is_virtual_mac_device(std::string_view name, const MacAddress& mac);

/// "00:00:5e:00:01:33"
std::string to_string(const MacAddress& mac);

}  // namespace tandem::vrrp
