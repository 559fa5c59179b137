#include "lbd/proxy/failure.hpp"

#include <cerrno>

namespace tandem::lbd {

SessionEnd connect_failure(const IoResult& result) noexcept {
  if (result.status == IoStatus::timeout || result.error == ETIMEDOUT) return SessionEnd::backend_connect_timeout;
  switch (result.error) {
    case ECONNREFUSED: return SessionEnd::backend_connect_refused;
    case EMFILE:
    case ENFILE: return SessionEnd::overload_fds;
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC: return SessionEnd::overload_memory;
    default: return SessionEnd::backend_unreachable;
  }
}

SessionEnd backend_failure(int error) noexcept {
  switch (error) {
    case ETIMEDOUT: return SessionEnd::backend_response_timeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN: return SessionEnd::backend_unreachable;
    default: return SessionEnd::backend_reset;
  }
}

}  // namespace tandem::lbd
