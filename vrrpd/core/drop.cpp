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
  }
  return "none";
}

}  // namespace tandem::vrrp
