// Why a received packet was dropped: one cause each, counted and shown by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::vrrp {

enum class Drop : std::uint8_t {
  none,
  ip_header,    // not a whole IP header, or not protocol 112
  ttl,          // TTL or hop limit is not 255: it came through a router (7.1)
  truncated,    // shorter than its own header and address count say (7.1)
  version,      // not the VRRP version that is configured, or none that we know (7.1)
  type,         // not an ADVERTISEMENT (7.1)
  checksum,     // no form of it fits (7.1)
  auth_type,    // version 2 with a password (RFC 2338); ours has none, as RFC 3768 says
  no_address,   // an address count of 0
  interval,     // Max Advertise Interval of 0; version 2: another interval than ours (RFC 3768, 7.1)
  vrid,         // VRID not configured on this interface for this address family (7.1)
  destination,  // multicast to a unicast virtual router, or the reverse
  source,       // IPv6 multicast from an address that is not link-local (5.1.2.1)
  not_peer,     // unicast from somebody else than the peer node
  own,          // our own packet, or somebody uses our address
  no_authentication,  // no trailer, where adverts must have one
  wrong_hmac,         // a trailer that was not made with the peer's key for this advert
  replayed,           // a genuine advert that was here before, or is overtaken by a later one
};
inline constexpr std::size_t drop_causes = static_cast<std::size_t>(Drop::replayed) + 1;

/// "ttl", "checksum", …
std::string_view to_string(Drop drop);
/// The same for an operator, what it may mean and what to do about it: "its TTL is not 255: …".
std::string_view explain(Drop drop);

}  // namespace tandem::vrrp
