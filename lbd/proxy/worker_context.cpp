#include "lbd/proxy/worker_context.hpp"

#include "lbd/proxy/backend.hpp"
#include "lbd/proxy/client_session.hpp"

namespace tandem::lbd {

bool WorkerContext::close_idle_clients(std::uint32_t at_most) {
  std::uint32_t closed = 0;
  // An interrupted idle session ends, and leaves the list by that.
  for (; closed < at_most && !idle_sessions.empty(); ++closed) idle_sessions.front().waiter.interrupt();
  return closed > 0;
}

bool WorkerContext::close_idle_backend_connections(std::uint32_t at_most) {
  std::uint32_t closed = 0;
  backends.for_each([&](Backend& backend) { closed += backend.close_idle(at_most); });
  return closed > 0;
}

}  // namespace tandem::lbd
