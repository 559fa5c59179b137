// What HTTP and TCP sessions have in common: the client's connection and its place in the worker.
#pragma once

#include <cstdint>

#include "common/base/inet.hpp"
#include "lbd/engine/frame_pool.hpp"
#include "lbd/engine/socket.hpp"
#include "lbd/engine/waiter.hpp"
#include "lbd/proxy/listener.hpp"
#include "lbd/proxy/ref.hpp"
#include "lbd/proxy/worker_context.hpp"

namespace tandem::lbd {

/// Owned by its own coroutine, which deletes it at its end; linked in context.sessions meanwhile.
class ClientSession : public Pooled, public TaggedHook<SessionTag>, public TaggedHook<IdleTag> {
 public:
  /// Counts as a connection of `owner`. The descriptor is taken over by start() of the subclass.
  ClientSession(WorkerContext& worker, Ref<Listener> owner, const Endpoint& peer);
  virtual ~ClientSession();

  WorkerContext& context;
  Ref<Listener> listener;
  Waiter waiter;
  Socket client;
  const Endpoint client_endpoint;

  /// Nothing is in flight: may be closed by waiter.interrupt() when the worker wants it gone.
  void enter_idle() noexcept;
  void leave_idle() noexcept;
  [[nodiscard]] TimePoint idle_since() const noexcept { return idle_since_; }
  /// Counts one ended session.
  void count(SessionEnd end) noexcept { context.counters.session_ends[static_cast<std::size_t>(end)].add(); }

 private:
  TimePoint idle_since_;
};

}  // namespace tandem::lbd
