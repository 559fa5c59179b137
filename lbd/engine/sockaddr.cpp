#include "lbd/engine/sockaddr.hpp"

#include <netinet/in.h>

#include <cstring>

namespace tandem::lbd {

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& storage) noexcept {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
  std::memcpy(&storage, &address, sizeof address);
  return sizeof address;
}

Endpoint from_sockaddr(const sockaddr_storage& storage) noexcept {
  Endpoint endpoint;
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    endpoint.address = IpAddress::v4(bytes);
    endpoint.port = ntohs(address.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
      endpoint.address = IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    } else {
      endpoint.address = IpAddress::v6(bytes);
    }
    endpoint.port = ntohs(address.sin6_port);
  }
  return endpoint;
}

}  // namespace tandem::lbd
