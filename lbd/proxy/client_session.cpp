#include "lbd/proxy/client_session.hpp"

#include <utility>

namespace tandem::lbd {

ClientSession::ClientSession(WorkerContext& worker, Ref<Listener> owner, const Endpoint& peer)
    : context(worker), listener(std::move(owner)), waiter(worker.loop), client(worker.loop), client_endpoint(peer) {
  context.sessions.push_back(*this);
  ++context.session_count;
  listener->counters().accepted.add();
  listener->counters().connections.add();
}

ClientSession::~ClientSession() {
  --context.session_count;
  listener->counters().connections.subtract();
}

void ClientSession::enter_idle() noexcept {
  idle_since_ = context.loop.now();
  context.idle_sessions.push_back(*this);
}

void ClientSession::leave_idle() noexcept { TaggedHook<IdleTag>::unlink(); }

}  // namespace tandem::lbd
