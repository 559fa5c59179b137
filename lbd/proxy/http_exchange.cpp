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

Task<bool> HttpExchange::run() {
  HeadRead head = read_request_head();
  if (head == HeadRead::more) {
    const bool complete = co_await read_request();
    head = complete ? HeadRead::complete : HeadRead::failed;
  }
  bool go_on = head == HeadRead::complete && route() && choose_backend(nullptr);
  while (go_on) {
    go_on = false;
    bool connected = connection_ != nullptr;
    if (!connected) connected = co_await open_connection();
    Progress progress = Progress::failed;
    if (connected) {
      begin_transfer();
      progress = advance();
    }
    while (progress == Progress::waits || progress == Progress::yields) {
      Wake woken = Wake::ready;
      if (progress == Progress::yields) {
        woken = co_await next_turn(session_.waiter);
      } else {
        woken = co_await wait_either(session_.waiter, session_.client, client_interest_, backend_socket(),
                                     backend_interest_, deadline());
      }
      if (woken == Wake::cancelled) progress = fail(SessionEnd::draining);
      else if (woken == Wake::timeout && has_expired()) progress = Progress::failed;
      else progress = advance();
    }
    if (progress == Progress::failed) go_on = try_again();
  }
  const bool again = finish();
  while (!to_client_.empty()) {
    const IoResult sent = to_client_.flush(session_.client);
    if (sent.status == IoStatus::error) co_return false;
    if (to_client_.empty()) break;
    const Wake woken =
        co_await wait(session_.waiter, session_.client, writable, now() + context_.timeouts.body_idle);
    if (woken != Wake::ready) co_return false;
  }
  if (again) co_return true;
  co_await close_gently();
  co_return false;
}

Task<bool> HttpExchange::read_request() {
  const TimePoint by = started_ + context_.timeouts.request_head;
  for (;;) {
    const Wake woken = co_await wait(session_.waiter, session_.client, readable, by);
    if (woken == Wake::timeout) {
      end_ = SessionEnd::client_head_timeout;
      co_return false;
    }
    if (woken == Wake::cancelled) {
      end_ = SessionEnd::draining;
      co_return false;
    }
    const HeadRead head = read_request_head();
    if (head != HeadRead::more) co_return head == HeadRead::complete;
  }
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

Task<> HttpExchange::close_gently() {
  Socket& client = session_.client;
  // Closing a socket with unread bytes resets it, and the client would lose the reply it has not
  // read yet. So the rest of what it sends is read for a moment.
  const bool unread = !session_.input.empty() || !request_consumed() || client.is(readable);
  session_.input.release();
  reply_.release();
  if (!unread || sent_to_client_ == 0 || client.is(broken)) co_return;
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
