#include "vrrpd/core/drop.hpp"

namespace tandem::vrrp {

std::string_view to_string(Drop drop) {
  switch (drop) {
    case Drop::none: return "none";
    case Drop::ip_header: return "ip_header";
    case Drop::ttl: return "ttl";
    case Drop::truncated: return "truncated";
    case Drop::version: return "version";
    case Drop::type: return "type";
    case Drop::checksum: return "checksum";
    case Drop::auth_type: return "auth_type";
    case Drop::no_address: return "no_address";
    case Drop::interval: return "interval";
    case Drop::vrid: return "vrid";
    case Drop::destination: return "destination";
    case Drop::source: return "source";
    case Drop::not_peer: return "not_peer";
    case Drop::own: return "own";
    case Drop::no_authentication: return "no_authentication";
    case Drop::wrong_hmac: return "wrong_hmac";
    case Drop::replayed: return "replayed";
  }
  return "none";
}

std::string_view explain(Drop drop) {
  switch (drop) {
    case Drop::none: return "it is in order";
    case Drop::ip_header: return "it is no whole IP packet of protocol 112";
    case Drop::ttl: return "its TTL is not 255: it came through a router, or was forged";
    case Drop::truncated: return "it is shorter than it says itself";
    case Drop::version: return "it has another VRRP version: both routers must have the same \"version\"";
    case Drop::type: return "it is no advertisement";
    case Drop::checksum: return "its checksum is wrong: it was damaged, or forged";
    case Drop::auth_type: return "it has a password, which VRRP has given up: turn that off on the other router";
    case Drop::no_address: return "it has no address";
    case Drop::interval: return "its interval is 0 or, in version 2, another one than configured here";
    case Drop::vrid: return "its VRID is not configured here: another virtual router on this LAN, or \"vrid\" differs "
                            "between the nodes";
    case Drop::destination: return "one router uses multicast, the other unicast: \"unicast\" must be the same on both";
    case Drop::source: return "it is IPv6 and comes from an address that is not link-local";
    case Drop::not_peer: return "it comes from somebody else than the peer node";
    case Drop::own: return "it has this node's own address: it came back to us, or another host uses the address";
    case Drop::no_authentication:
      return "it is not authenticated: another router uses this VRID, it was forged, or \"authentication\" differs "
             "between the nodes";
    case Drop::wrong_hmac:
      return "its authentication is wrong: it was forged, or the cluster key or the nodes' names differ between the "
             "nodes";
    case Drop::replayed: return "it was here before, or is overtaken: somebody repeats recorded adverts, or the network "
                                "duplicates or reorders packets";
  }
  return {};
}

}  // namespace tandem::vrrp
