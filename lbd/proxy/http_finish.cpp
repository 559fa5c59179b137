// The end of an exchange: replies of our own, what becomes of the connections, accounts, log.
#include <algorithm>
#include <cstring>
#include <utility>

#include "lbd/core/http1/replies.hpp"
#include "lbd/proxy/http_exchange.hpp"

namespace tandem::lbd {

namespace {

template <std::size_t Capacity>
void cut(std::string_view text, CutText<Capacity>& out) noexcept {
  out.size = static_cast<std::uint16_t>(std::min(text.size(), Capacity));
  out.cut = text.size() > Capacity;
  std::memcpy(out.data.data(), text.data(), out.size);
}

/// Worth a probe: traffic saw the backend fail, and it was not an idle connection that had gone stale.
bool is_hint(SessionEnd end, bool was_reused) noexcept {
  switch (end) {
    case SessionEnd::backend_connect_refused:
    case SessionEnd::backend_connect_timeout:
    case SessionEnd::backend_unreachable:
    case SessionEnd::backend_response_timeout: return true;
    case SessionEnd::backend_reset:
    case SessionEnd::backend_closed_early: return !was_reused;
    default: return false;
  }
}

std::size_t class_of(std::uint16_t status) noexcept { return std::min<std::size_t>(status / 100, 5); }

}  // namespace

bool HttpExchange::finish() noexcept {
  if (end_ != SessionEnd::completed) {
    if (reply_begun_) {
      close_client_ = true;
      to_client_.clear();
    } else {
      reply_ourselves();
    }
    // What only the end of the connection ends must not look complete.
    if (client_framing_ == http1::BodyKind::until_close) session_.client.reset();
  }
  settle_connection();
  account();
  if (!request_consumed()) close_client_ = true;
  return !close_client_ && session_.client.is_open();
}

void HttpExchange::reply_ourselves() noexcept {
  const SessionEndInfo& row = info(end_);
  to_client_.clear();
  reply_begun_ = true;
  close_client_ =
      !request_consumed() || !request_.keep_alive || session_.must_close() || row.side == EndSide::client;
  http1::ReplyOptions options;
  options.close = close_client_;
  options.head = head_read_ && request_.is_head();
  options.http10 = head_read_ && request_.minor_version == 0;
  std::string_view reply;
  if (end_ == SessionEnd::redirected) {
    status_ = rules_->router.redirect_status(redirect_rule_);
    const std::span<char> space(scratch_);
    const std::span<char> location_space = space.first(space.size() / 2);
    const std::string_view location = rules_->router.write_location(redirect_rule_, request_, "http",
                                                                    rules_->config.port, location_space);
    const std::span<char> reply_space = space.subspan(location_space.size());
    if (!location.empty()) reply = http1::write_redirect_reply(reply_space, status_, location, options);
    if (reply.empty()) {
      fail(SessionEnd::client_bad_request, "no_location");
      status_ = 400;
    }
  }
  if (status_ == 0) status_ = row.http_status;
  if (reply.empty() && status_ != 0) {
    reply = http1::write_error_reply(scratch_, status_, reason_.empty() ? info(end_).name : reason_, options);
  }
  if (reply.empty()) {
    close_client_ = true;
    return;
  }
  to_client_.add(reply.data(), reply.size());
  sent_to_client_ += reply.size();
}

void HttpExchange::settle_connection() noexcept {
  if (connection_ == nullptr) return;
  const bool keep = end_ == SessionEnd::completed && !tunnel_ && !uploading_ && !upload_broken_ &&
                    response_.keep_alive && response_.framing.kind != http1::BodyKind::until_close;
  BackendConnection* const connection = std::exchange(connection_, nullptr);
  if (!keep) {
    delete connection;
  } else if (!reply_.empty()) {
    end_ = SessionEnd::backend_too_much;
    delete connection;
  } else if (!backend_->keep(connection, now())) {
    end_ = SessionEnd::backend_too_much;
  }
}

void HttpExchange::account() noexcept {
  session_.count(end_);
  if (!head_read_ && status_ == 0) return;  // no request
  ListenerCounters& listener = session_.listener->counters();
  listener.requests.add();
  listener.bytes_received.add(bytes_from_client());
  listener.bytes_sent.add(sent_to_client_);
  listener.responses[class_of(status_)].add();
  listener.latency.record(now() - started_);
  if (backend_) {
    BackendCounters& backend = backend_->counters();
    backend.bytes_sent.add(upload_.sent());
    backend.bytes_received.add(reply_bytes_);
    if (first_byte_ != TimePoint{}) {
      backend.responses[class_of(response_.status)].add();
      backend.first_byte.record(first_byte_ - connected_);
    }
    if (attempt_) note_backend_error();
  }
  if (context_.access_log) log_end();
}

std::uint64_t HttpExchange::bytes_from_client() const noexcept {
  if (!head_read_) return session_.input.size();
  // The body as it was forwarded: in a chunked one the framing may differ by some bytes.
  return request_.size + upload_.sent() - std::min<std::uint64_t>(upload_.sent(), request_head_bytes_);
}

void HttpExchange::note_backend_error() noexcept {
  if (info(end_).side != EndSide::backend) return;
  backend_->counters().errors.add();
  if (is_hint(end_, was_reused_) && backend_->should_report_failure(now())) {
    context_.sink.post(BackendFailed{backend_->snapshot().id});
  }
}

void HttpExchange::log_request() noexcept {
  log_ = std::make_unique<LogText>();
  cut(request_.text(request_.method_text), log_->method);
  cut(request_.text(request_.target), log_->target);
  cut(request_.text(request_.authority), log_->host);
}

void HttpExchange::log_end() noexcept {
  AccessRecord* const record = context_.access_ring.reserve();
  if (record == nullptr) {
    context_.counters.access_log_dropped.add();
    return;
  }
  *record = AccessRecord{};
  record->started = started_;
  if (head_read_) record->head = head_done_ - started_;
  if (connected_ != TimePoint{}) record->queue_and_connect = connected_ - head_done_;
  if (first_byte_ != TimePoint{}) record->first_byte = first_byte_ - connected_;
  record->total = now() - started_;
  record->listener = session_.listener->id();
  if (backend_) {
    record->backend = backend_->snapshot().id;
    record->has_backend = true;
  }
  record->reused_backend_connection = was_reused_;
  record->sticky = sticky_.kept();
  record->retries = static_cast<std::uint8_t>(retries_.used());
  record->status = status_;
  record->end = end_;
  record->client = session_.client_endpoint;
  record->bytes_received = bytes_from_client();
  record->bytes_sent = sent_to_client_;
  if (log_) {
    record->method = log_->method;
    record->target = log_->target;
    record->host = log_->host;
  }
  context_.access_ring.commit();
}

}  // namespace tandem::lbd
