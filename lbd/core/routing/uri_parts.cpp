#include "lbd/core/routing/uri_parts.hpp"

namespace tandem::lbd {

HostAndPort split_authority(std::string_view authority) noexcept {
  // A colon inside the brackets of an IPv6 address is part of the host.
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {authority, {}};
  }
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

}  // namespace tandem::lbd
