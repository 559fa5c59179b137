#include "lbd/proxy/worker_context.hpp"

#include "lbd/proxy/backend.hpp"
#include "lbd/proxy/client_session.hpp"

namespace tandem::lbd {

namespace {

constexpr Duration moment = std::chrono::milliseconds(100);

}  // namespace

// An interrupted idle session ends, and leaves the list by that.

bool WorkerContext::make_room(std::uint32_t at_most) {
  std::uint32_t closed = 0;
  while (closed < at_most && !idle_sessions.empty() && idle_sessions.front().idle_since() + moment <= loop.now()) {
    idle_sessions.front().waiter.interrupt();
    ++closed;
  }
  return closed > 0;
}

void WorkerContext::close_idle_clients() {
  while (!idle_sessions.empty()) idle_sessions.front().waiter.interrupt();
}

bool WorkerContext::close_idle_backend_connections(std::uint32_t at_most) {
  std::uint32_t closed = 0;
  backends.for_each([&](Backend& backend) { closed += backend.close_idle(at_most); });
  return closed > 0;
}

}  // namespace tandem::lbd
