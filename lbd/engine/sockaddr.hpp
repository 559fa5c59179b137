// Endpoints as the kernel wants them.
#pragma once

#include <sys/socket.h>

#include "common/base/inet.hpp"

namespace tandem::lbd {

/// Fills `storage`; returns the length to pass with it.
socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& storage) noexcept;
/// An IPv4 address that arrived on an IPv6 socket (::ffff:a.b.c.d) comes back as IPv4.
Endpoint from_sockaddr(const sockaddr_storage& storage) noexcept;

}  // namespace tandem::lbd
