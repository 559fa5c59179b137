// How failures of sockets end a session.
#pragma once

#include "lbd/core/session_end.hpp"
#include "lbd/engine/socket.hpp"

namespace tandem::lbd {

/// A connect that came out as `result`, which is neither ok nor cancelled.
[[nodiscard]] SessionEnd connect_failure(const IoResult& result) noexcept;
/// A read from or write to a backend that failed with `error`.
[[nodiscard]] SessionEnd backend_failure(int error) noexcept;

}  // namespace tandem::lbd
