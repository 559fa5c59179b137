// Opening a TCP connection from a loop.
#pragma once

#include "common/base/inet.hpp"
#include "lbd/engine/socket.hpp"
#include "lbd/engine/task.hpp"

namespace tandem::lbd {

/// Begins to connect `socket` (closed) to `to`, with TCP_NODELAY. 0 if under way: it is up when it
/// becomes writable without failing. Otherwise the errno; the socket is closed then.
[[nodiscard]] int start_connect(Socket& socket, const Endpoint& to) noexcept;

/// Connects and waits. ok, timeout, cancelled, or error with the errno; the socket is closed
/// unless ok. `interrupted` never comes out.
Task<IoResult> connect(Waiter& waiter, Socket& socket, Endpoint to, TimePoint deadline);

}  // namespace tandem::lbd
