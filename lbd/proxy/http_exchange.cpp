#include "lbd/proxy/http_exchange.hpp"

#include <cerrno>
#include <utility>

#include "lbd/engine/connect.hpp"
#include "lbd/proxy/failure.hpp"

namespace tandem::lbd {

HttpExchange::HttpExchange(HttpSession& session)
    : session_(session), context_(session.context), retries_(context_.retry_budget, context_.limits.retries),
      started_(context_.loop.now()) {
  const std::size_t count = context_.limits.header_fields;
  fields_ = {usual_fields_.data(), count};
  if (count > usual_fields) {
    fields_ = {static_cast<http1::Field*>(frame_allocate(count * sizeof(http1::Field))), count};
  }
}

HttpExchange::~HttpExchange() {
  delete connection_;
  end_attempt();
  if (fields_.data() != usual_fields_.data()) frame_free(fields_.data(), fields_.size_bytes());
}

Task<bool> HttpExchange::read_rest_of_head() {
  const TimePoint by = started_ + context_.timeouts.request_head;
  while (head_state_ == HeadRead::more) {
    const Wake woken = co_await wait(session_.waiter, session_.client, readable, by);
    if (woken == Wake::timeout || woken == Wake::cancelled) {
      fail(woken == Wake::timeout ? SessionEnd::client_head_timeout : SessionEnd::draining);
      co_return false;
    }
    head_state_ = read_request_head();
  }
  co_return head_state_ == HeadRead::complete;
}

Task<bool> HttpExchange::open_connection() {
  connection_ = new BackendConnection(context_.loop, *backend_);
  const TimePoint by = now() + context_.timeouts.connect;
  IoResult result = co_await connect(session_.waiter, connection_->socket, backend_->address(), by);
  if (result.status == IoStatus::error && (result.error == EMFILE || result.error == ENFILE)) {
    // An idle connection somewhere is worth less than this request.
    const bool freed = context_.close_idle_backend_connections(1) || context_.make_room(1);
    if (freed) result = co_await connect(session_.waiter, connection_->socket, backend_->address(), by);
  }
  if (result.ok()) {
    backend_->counters().connects.add();
    co_return true;
  }
  if (result.status == IoStatus::cancelled) {
    end_ = SessionEnd::draining;
  } else {
    backend_->counters().connect_errors.add();
    end_ = connect_failure(result);
  }
  co_return false;
}

Task<bool> HttpExchange::flush() {
  while (!to_client_.empty()) {
    const IoResult sent = to_client_.flush(session_.client);
    if (sent.status == IoStatus::error) co_return false;
    if (to_client_.empty()) break;
    const TimePoint by = now() + context_.timeouts.body_idle;
    const Wake woken = co_await wait(session_.waiter, session_.client, writable, by);
    if (woken != Wake::ready) co_return false;
  }
  co_return true;
}

bool HttpExchange::owes_gentle_close() const noexcept {
  const Socket& client = session_.client;
  const bool unread = !session_.input.empty() || !request_consumed() || client.is(readable);
  return unread && sent_to_client_ > 0 && !client.is(broken);
}

Task<> HttpExchange::close_gently() {
  Socket& client = session_.client;
  session_.input.release();
  reply_.release();
  client.shutdown_send();
  constexpr std::uint64_t most = 1024 * 1024;
  const TimePoint by = now() + std::chrono::seconds(1);
  Buffer buffer = context_.buffers.small.take();
  for (std::uint64_t read = 0; buffer && read < most;) {
    const IoResult got = client.try_recv(buffer.span());
    read += got.bytes;
    if (got.ok()) continue;
    if (got.status != IoStatus::would_block) co_return;
    const Wake woken = co_await wait(session_.waiter, client, readable, by);
    if (woken != Wake::ready) co_return;
  }
}

}  // namespace tandem::lbd
