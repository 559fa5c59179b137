#include "lbd/proxy/tcp_session.hpp"

#include <utility>

#include "lbd/core/retry.hpp"
#include "lbd/engine/connect.hpp"
#include "lbd/proxy/failure.hpp"
#include "lbd/proxy/stickiness.hpp"

namespace tandem::lbd {

void TcpSession::start(WorkerContext& context, Ref<Listener> listener, int fd, const Endpoint& peer) {
  auto* const session = new TcpSession(context, std::move(listener), peer);
  if (!session->client.adopt(fd, writable)) {
    session->count(SessionEnd::overload_memory);
    delete session;
    return;
  }
  serve(session);
}

TcpSession::TcpSession(WorkerContext& worker, Ref<Listener> owner, const Endpoint& peer)
    : ClientSession(worker, std::move(owner), peer), started_(worker.loop.now()) {}

TcpSession::~TcpSession() { end_attempt(); }

Session TcpSession::serve(TcpSession* self) {
  const bool connected = co_await self->open_connection();
  if (connected) {
    self->up_ = std::make_unique<Direction>();
    self->down_ = std::make_unique<Direction>();
    const http1::Framing raw{http1::BodyKind::until_close, 0};
    self->up_->relay.start(raw, raw.kind);
    self->down_->relay.start(raw, raw.kind);
    bool go_on = self->advance();
    while (go_on) {
      Wake woken = Wake::ready;
      if (self->yields_) {
        woken = co_await next_turn(self->waiter);
      } else {
        woken = co_await wait_either(self->waiter, self->client, self->client_interest_, self->connection_->socket,
                                     self->backend_interest_, self->moved_ + self->context.timeouts.tcp_idle);
      }
      if (woken == Wake::cancelled) self->end_ = SessionEnd::draining;
      if (woken == Wake::timeout) self->end_ = SessionEnd::tcp_idle;
      go_on = (woken == Wake::ready || woken == Wake::interrupted) && self->advance();
    }
  }
  self->account();
  // A connection that was cut must not look as if it had been closed.
  if (self->end_ != SessionEnd::completed) {
    self->client.reset();
    if (self->connection_) self->connection_->socket.reset();
  }
  delete self;
}

Task<bool> TcpSession::open_connection() {
  RetryState retries(context.retry_budget, context.limits.retries);
  while (choose_backend(retries)) {
    connection_ = std::make_unique<BackendConnection>(context.loop, *backend_);
    const TimePoint by = context.loop.now() + context.timeouts.connect;
    const IoResult result = co_await connect(waiter, connection_->socket, backend_->address(), by);
    if (result.ok()) {
      backend_->counters().connects.add();
      connected_ = moved_ = context.loop.now();
      end_ = SessionEnd::completed;
      co_return true;
    }
    if (result.status == IoStatus::cancelled) {
      end_ = SessionEnd::draining;
      co_return false;
    }
    end_ = connect_failure(result);
    BackendCounters& counters = backend_->counters();
    counters.connect_errors.add();
    counters.errors.add();
    if (backend_->should_report_failure(context.loop.now())) context.sink.post(BackendFailed{backend_->snapshot().id});
    FailedAttempt failure;
    failure.end = end_;
    failure.backend = backend_->index;
    const RetryVerdict verdict = retries.judge(failure, context.active_requests);
    if (verdict == RetryVerdict::retry) counters.retries.add();
    connection_.reset();
    end_attempt();
    if (verdict != RetryVerdict::retry) co_return false;
    retries_used_ = static_cast<std::uint8_t>(retries.used());
  }
  co_return false;
}

bool TcpSession::choose_backend(RetryState& retries) {
  const Ref<ListenerRules> rules = listener->rules();
  if (!rules->default_group) {
    end_ = SessionEnd::no_backend_defined;
    return false;
  }
  group_ = rules->default_group;
  Stickiness sticky;
  Backend* chosen = nullptr;
  const bool is_sticky = group_->config().sticky.has_value();
  if (is_sticky && retries.used() == 0) chosen = sticky.find(context, *group_, nullptr, client_endpoint.address);
  if (chosen == nullptr) {
    const Group::Pick pick = group_->pick(context.rng, retries.excluded());
    if (pick.backend == nullptr) {
      if (retries.used() == 0) end_ = pick.end;
      return false;
    }
    chosen = pick.backend;
  }
  backend_ = Ref<Backend>(chosen);
  if (is_sticky) sticky.bind(context, *group_, *chosen, client_endpoint.address);
  sticky_ = sticky.kept();
  attempt_ = true;
  group_->begin(*chosen);
  ++context.active_requests;
  chosen->counters().requests.add();
  return true;
}

bool TcpSession::advance() {
  Socket& backend = connection_->socket;
  client_interest_ = backend_interest_ = 0;
  yields_ = false;
  if (up_->open && !advance(*up_, client, client_interest_, backend, backend_interest_, true)) return false;
  if (down_->open && !advance(*down_, backend, backend_interest_, client, client_interest_, false)) return false;
  if (!up_->open && !down_->open) return false;
  // A side that is only written to tells of its reset all the same; once told, the next step sees it.
  if (client.is(broken) || backend.is(broken)) {
    end_ = client.is(broken) ? SessionEnd::client_aborted : SessionEnd::backend_reset;
    return false;
  }
  client_interest_ |= broken;
  backend_interest_ |= broken;
  return true;
}

bool TcpSession::advance(Direction& direction, Socket& from, Readiness& from_interest, Socket& to,
                         Readiness& to_interest, bool from_client) {
  const std::uint64_t before = direction.relay.received() + direction.relay.sent();
  const RelayState state = direction.relay.step(from, direction.input, to, direction.queue, context.buffers);
  if (direction.relay.received() + direction.relay.sent() != before) {
    moved_ = context.loop.now();
    if (!from_client && first_byte_ == TimePoint{}) first_byte_ = moved_;
  }
  switch (state) {
    case RelayState::need_input: from_interest |= readable; return true;
    case RelayState::need_output: to_interest |= writable; return true;
    case RelayState::busy: yields_ = true; return true;
    case RelayState::done:
      direction.open = false;
      direction.input.release();
      to.shutdown_send();
      return true;
    default: break;
  }
  end_ = failure(direction, state, from_client);
  return false;
}

SessionEnd TcpSession::failure(const Direction& direction, RelayState state, bool from_client) const noexcept {
  if (state == RelayState::out_of_buffers) return SessionEnd::overload_memory;
  const bool backend_side = (state == RelayState::source_failed) != from_client;
  return backend_side ? backend_failure(direction.relay.error()) : SessionEnd::client_aborted;
}

void TcpSession::end_attempt() noexcept {
  if (!attempt_) return;
  attempt_ = false;
  group_->end(*backend_);
  --context.active_requests;
}

void TcpSession::account() noexcept {
  count(end_);
  const TimePoint now = context.loop.now();
  const std::uint64_t from_client = up_ ? up_->relay.received() : 0;
  const std::uint64_t to_client = down_ ? down_->relay.sent() : 0;
  ListenerCounters& counters = listener->counters();
  counters.requests.add();
  counters.bytes_received.add(from_client);
  counters.bytes_sent.add(to_client);
  counters.latency.record(now - started_);
  if (backend_) {
    backend_->counters().bytes_sent.add(up_ ? up_->relay.sent() : 0);
    backend_->counters().bytes_received.add(down_ ? down_->relay.received() : 0);
    if (first_byte_ != TimePoint{}) backend_->counters().first_byte.record(first_byte_ - connected_);
    if (attempt_ && info(end_).side == EndSide::backend) backend_->counters().errors.add();
  }
  if (!context.access_log) return;
  AccessRecord* const record = context.access_ring.reserve();
  if (record == nullptr) {
    context.counters.access_log_dropped.add();
    return;
  }
  *record = AccessRecord{};
  record->started = started_;
  if (connected_ != TimePoint{}) record->queue_and_connect = connected_ - started_;
  if (first_byte_ != TimePoint{}) record->first_byte = first_byte_ - connected_;
  record->total = now - started_;
  record->listener = listener->id();
  if (backend_) {
    record->backend = backend_->snapshot().id;
    record->has_backend = true;
  }
  record->sticky = sticky_;
  record->retries = retries_used_;
  record->end = end_;
  record->client = client_endpoint;
  record->bytes_received = from_client;
  record->bytes_sent = to_client;
  context.access_ring.commit();
}

}  // namespace tandem::lbd
