// From the client's bytes to an attempt on a backend.
#include <algorithm>

#include "lbd/proxy/http_exchange.hpp"

namespace tandem::lbd {

bool HttpExchange::read_head() {
  head_state_ = read_request_head();
  return head_state_ == HeadRead::complete;
}

HttpExchange::HeadRead HttpExchange::read_request_head() {
  InBuffer& input = session_.input;
  Socket& client = session_.client;
  for (;;) {
    if (!input.empty()) {
      const auto result = http1::parse_request_head(input.unread(), head_limits(), fields_, progress_, request_);
      if (result.state == http1::HeadState::complete) {
        head_read_ = true;
        head_done_ = now();
        input.consume(request_.size);
        upload_.start(request_.framing, request_.framing.kind);
        body_position_ = input.position();
        return HeadRead::complete;
      }
      if (result.state == http1::HeadState::error) {
        fail(SessionEnd::client_bad_request, info(result.error).code);
        status_ = info(result.error).http_status;
        return HeadRead::failed;
      }
    }
    if (!client.is(readable)) return HeadRead::more;
    if (!make_head_room(input)) {
      fail(SessionEnd::overload_memory);
      return HeadRead::failed;
    }
    const IoResult got = client.try_recv(input.room());
    if (got.status == IoStatus::would_block) return HeadRead::more;
    if (!got.ok()) {
      // Nobody is left to be answered.
      reply_begun_ = true;
      fail(got.status == IoStatus::eof && input.empty() ? SessionEnd::client_idle : SessionEnd::client_aborted);
      return HeadRead::failed;
    }
    input.received(got.bytes);
  }
}

bool HttpExchange::make_head_room(InBuffer& input) noexcept {
  if (!input.has_buffer()) return input.open(context_.buffers.small);
  input.compact();
  if (!input.room().empty()) return true;
  BufferPool& bigger = input.capacity() < large_buffer_size ? context_.buffers.large : context_.buffers.head;
  if (input.capacity() >= bigger.buffer_size()) return false;
  Buffer buffer = bigger.take();
  if (!buffer) return false;
  input.move_to(std::move(buffer));
  return true;
}

bool HttpExchange::route() {
  rules_ = session_.listener->rules();
  if (context_.access_log) log_request();
  const IpAddress& source = session_.client_endpoint.address;
  const RouteResult route = rules_->router.route({request_, source, context_.rng.next()});
  if (route.kind == RouteResult::Kind::redirect) {
    redirect_rule_ = route.rule;
    fail(SessionEnd::redirected);
    return false;
  }
  if (route.kind == RouteResult::Kind::none) {
    fail(SessionEnd::no_backend_defined);
    return false;
  }
  group_ = rules_->groups[route.group];

  http1::RequestContext forwarded;
  forwarded.client_address = session_.client_text();
  forwarded.trusted_client = !rules_->config.trusted_proxies.empty() && rules_->trusts(source);
  forwarded.allow_upgrade = request_.upgrade && request_.framing.empty();
  forwarded.edits = rules_->request_edits.empty() ? nullptr : &rules_->request_edits;
  http1::HeadWriter writer(pieces_, scratch_);
  if (!http1::write_request_head(request_, forwarded, writer)) {
    fail(SessionEnd::client_bad_request, info(http1::HeadError::head_too_large).code);
    status_ = info(http1::HeadError::head_too_large).http_status;
    return false;
  }
  request_pieces_ = writer.pieces().size();
  request_head_bytes_ = writer.bytes();
  return true;
}

bool HttpExchange::choose_backend(Backend* last_resort) {
  Backend* chosen = nullptr;
  const IpAddress& source = session_.client_endpoint.address;
  const bool sticky = group_->config().sticky.has_value();
  if (sticky && retries_.used() == 0) chosen = sticky_.find(context_, *group_, &request_, source);
  if (chosen == nullptr) {
    const Group::Pick pick = group_->pick(context_.rng, retries_.excluded());
    chosen = pick.backend != nullptr ? pick.backend : last_resort;
    // After a failed attempt that failure is the cause, not that there is nobody else.
    if (chosen == nullptr && retries_.used() == 0) fail(pick.end);
    if (chosen == nullptr) return false;
  }
  backend_ = Ref<Backend>(chosen);
  if (sticky) sticky_.bind(context_, *group_, *chosen, source);
  attempt_ = true;
  group_->begin(*chosen);
  ++context_.active_requests;
  chosen->counters().requests.add();
  connection_ = chosen == last_resort ? nullptr : chosen->take_idle();
  was_reused_ = connection_ != nullptr;
  return true;
}

HttpExchange::Progress HttpExchange::begin_transfer() {
  connected_ = upload_moved_ = rate_window_ = now();
  rate_bytes_ = 0;
  progress_ = {};
  to_backend_.clear();
  for (std::size_t i = 0; i < request_pieces_; ++i) to_backend_.add(pieces_[i].data, pieces_[i].size);
  upload_.frame(session_.input, to_backend_);
  // A body that is not here as a whole is not kept either.
  body_lost_ = !upload_.body_complete();
  uploading_ = true;
  return advance();
}

bool HttpExchange::try_again() {
  if (!attempt_) return false;
  FailedAttempt failure;
  failure.end = end_;
  failure.backend = backend_->index;
  failure.idempotent = http1::is_idempotent(request_.method);
  failure.request_sent = upload_.sent() > 0;
  failure.body_lost = body_lost_;
  failure.reply_begun = reply_begun_;
  if (retries_.judge(failure, context_.active_requests) != RetryVerdict::retry) return false;
  backend_->counters().retries.add();
  note_backend_error();
  const Ref<Backend> failed = backend_;
  end_attempt();
  delete std::exchange(connection_, nullptr);
  reply_.release();
  session_.input.rewind(body_position_);
  upload_.start(request_.framing, request_.framing.kind);
  uploading_ = upload_broken_ = false;
  // An idle connection that broke says little about its backend: with no other one to ask, a new
  // connection to the same one is worth trying.
  if (!choose_backend(was_reused_ ? failed.get() : nullptr)) return false;
  end_ = SessionEnd::completed;
  reason_ = {};
  return true;
}

void HttpExchange::end_attempt() noexcept {
  if (!attempt_) return;
  attempt_ = false;
  group_->end(*backend_);
  --context_.active_requests;
}

}  // namespace tandem::lbd
