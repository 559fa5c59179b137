#include "lbd/proxy/http_session.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "lbd/proxy/http_exchange.hpp"

namespace tandem::lbd {

void HttpSession::start(WorkerContext& context, Ref<Listener> listener, int fd, const Endpoint& peer) {
  auto* const session = new HttpSession(context, std::move(listener), peer);
  if (!session->client.adopt(fd, writable)) {
    session->count(SessionEnd::overload_memory);
    delete session;
    return;
  }
  serve(session);
}

HttpSession::HttpSession(WorkerContext& worker, Ref<Listener> owner, const Endpoint& peer)
    : ClientSession(worker, std::move(owner), peer) {
  const std::string text = peer.address.to_string();
  text_size_ = static_cast<std::uint8_t>(text.size());
  std::memcpy(text_.data(), text.data(), text.size());
}

bool HttpSession::must_close() const noexcept {
  return context.draining || listener->removed() || client.is(peer_closed | broken);
}

TimePoint HttpSession::idle_deadline() const noexcept {
  return context.loop.now() + (first_ ? context.timeouts.request_head : context.timeouts.keep_alive);
}

Session HttpSession::serve(HttpSession* self) {
  bool alive = true;
  while (alive) {
    if (self->input.empty()) {
      self->input.release();
      self->enter_idle();
      const Wake woken = co_await wait(self->waiter, self->client, readable, self->idle_deadline());
      self->leave_idle();
      if (woken != Wake::ready || self->client.is(broken)) {
        self->count(SessionEnd::client_idle);
        break;
      }
    }
    self->first_ = false;
    const auto exchange = std::make_unique<HttpExchange>(*self);
    alive = co_await exchange->run();
  }
  delete self;
}

}  // namespace tandem::lbd
