// Who listens on a TCP port of this host, for error messages.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::lbd {

/// "nginx (pid 1234), haproxy (pid 77)"; empty if nobody is found (another user's process, if we are not root). Reads
/// /proc: tens of milliseconds on a busy host, so only once something has failed.
[[nodiscard]] std::string port_holders(std::uint16_t port);

}  // namespace tandem::lbd
