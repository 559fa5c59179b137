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
    // The waiting of an exchange is done here, and not in a coroutine of its own, because the usual
    // request waits once: a frame per request would cost more than its suspension.
    const auto exchange = std::make_unique<HttpExchange>(*self);
    bool go_on = exchange->read_head();
    if (exchange->is_false_alarm()) continue;
    self->first_ = false;
    if (exchange->needs_more_head()) go_on = co_await exchange->read_rest_of_head();
    go_on = go_on && exchange->begin();
    while (go_on) {
      bool connected = exchange->has_connection();
      if (!connected) connected = co_await exchange->open_connection();
      auto progress = connected ? exchange->begin_transfer() : HttpExchange::Progress::failed;
      while (progress == HttpExchange::Progress::waits || progress == HttpExchange::Progress::yields) {
        Wake woken = Wake::ready;
        if (progress == HttpExchange::Progress::yields) {
          woken = co_await next_turn(self->waiter);
        } else {
          woken = co_await exchange->wait_for_either();
        }
        progress = exchange->go_on_after(woken);
      }
      go_on = progress == HttpExchange::Progress::failed && exchange->try_again();
    }
    alive = exchange->finish();
    if (!exchange->flushed()) {
      const bool sent = co_await exchange->flush();
      alive = alive && sent;
    }
    if (!alive && exchange->owes_gentle_close()) co_await exchange->close_gently();
  }
  delete self;
}

}  // namespace tandem::lbd
