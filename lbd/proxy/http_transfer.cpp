// Both directions of an exchange, as far as they go without waiting.
#include <algorithm>

#include "lbd/proxy/failure.hpp"
#include "lbd/proxy/http_exchange.hpp"

namespace tandem::lbd {

using http1::BodyKind;

detail::EitherAwaiter HttpExchange::wait_for_either() noexcept {
  return wait_either(session_.waiter, session_.client, client_interest_, backend_socket(), backend_interest_,
                     deadline());
}

HttpExchange::Progress HttpExchange::go_on_after(Wake woken) {
  if (woken == Wake::cancelled) return fail(SessionEnd::draining);
  if (woken == Wake::timeout && has_expired()) return Progress::failed;
  return advance();
}

HttpExchange::Progress HttpExchange::advance() {
  client_interest_ = broken;
  backend_interest_ = 0;
  if (session_.client.is(broken)) return fail(SessionEnd::client_aborted);
  Progress up = Progress::finished;
  if (uploading_) up = advance_upload();
  if (up == Progress::failed) return up;
  Progress down = Progress::finished;
  if (reply_state_ != Reply::complete) down = advance_reply();
  // The reply alone ends an exchange; a tunnel ends when both directions have.
  if (down == Progress::failed) return down;
  if (down == Progress::finished && (!tunnel_ || !uploading_)) return Progress::finished;
  return up == Progress::yields || down == Progress::yields ? Progress::yields : Progress::waits;
}

HttpExchange::Progress HttpExchange::advance_upload() {
  const std::uint64_t before = upload_.received() + upload_.sent();
  const RelayState state =
      upload_.step(session_.client, session_.input, backend_socket(), to_backend_, context_.buffers);
  if (upload_.received() + upload_.sent() != before) upload_moved_ = now();
  switch (state) {
    case RelayState::done:
      uploading_ = false;
      if (tunnel_) backend_socket().shutdown_send();
      return Progress::finished;
    case RelayState::need_input:
      client_interest_ |= readable;
      return Progress::waits;
    case RelayState::need_output:
      // Not the client's fault: its rate is measured anew afterwards.
      rate_window_ = now();
      rate_bytes_ = upload_.received();
      backend_interest_ |= writable;
      return Progress::waits;
    case RelayState::busy:
      return Progress::yields;
    case RelayState::sink_failed:
      // It may have answered before it stopped reading.
      uploading_ = false;
      upload_broken_ = true;
      to_backend_.clear();
      return tunnel_ ? fail(backend_failure(upload_.error())) : Progress::waits;
    case RelayState::bad_framing:
      return fail(SessionEnd::client_bad_request, info(upload_.framing_error()).code);
    case RelayState::out_of_buffers:
      return fail(SessionEnd::overload_memory);
    case RelayState::ended_early:
    case RelayState::source_failed:
      break;
  }
  return fail(SessionEnd::client_aborted);
}

HttpExchange::Progress HttpExchange::advance_reply() {
  // The forwarded head shares its memory with the reply's: it must have left.
  if (uploading_ && !tunnel_ && upload_.sent() < request_head_bytes_) return Progress::waits;
  for (;;) {
    const Progress progress = reply_state_ == Reply::awaited ? read_reply_head() : advance_download();
    if (progress != Progress::finished || reply_state_ == Reply::complete) return progress;
  }
}

HttpExchange::Progress HttpExchange::read_reply_head() {
  for (;;) {
    if (!reply_.empty()) {
      const auto result = http1::parse_response_head(reply_.unread(), head_limits(), fields_, request_.is_head(),
                                                     progress_, response_);
      if (result.state == http1::HeadState::complete) return begin_reply();
      if (result.state == http1::HeadState::error) {
        return fail(SessionEnd::backend_bad_response, info(result.error).code);
      }
    }
    if (!backend_socket().is(readable)) {
      if (reply_.empty()) reply_.release();
      backend_interest_ |= readable;
      return Progress::waits;
    }
    if (!make_head_room(reply_)) return fail(SessionEnd::overload_memory);
    const IoResult got = backend_socket().try_recv(reply_.room());
    if (got.status == IoStatus::would_block) continue;
    if (got.status == IoStatus::eof) return fail(SessionEnd::backend_closed_early);
    if (!got.ok()) return fail(backend_failure(got.error));
    if (first_byte_ == TimePoint{}) first_byte_ = now();
    download_moved_ = now();
    reply_.received(got.bytes);
    reply_bytes_ += got.bytes;
  }
}

HttpExchange::Progress HttpExchange::begin_reply() {
  reply_.consume(response_.size);
  progress_ = {};
  if (response_.is_interim()) return begin_interim();
  const bool http10 = request_.minor_version == 0;
  if (response_.status == 101 && !(request_.upgrade && request_.framing.empty())) {
    return fail(SessionEnd::backend_bad_response, "unasked_upgrade");
  }
  const http1::Framing framing = http1::client_framing(response_, http10);
  close_client_ = !request_.keep_alive || session_.must_close() || uploading_ || upload_broken_ ||
                  framing.kind == BodyKind::until_close;
  std::array<char, max_set_cookie_line + 256> cookie;
  http1::ResponseContext forwarded;
  forwarded.close = close_client_;
  forwarded.client_http10 = http10;
  forwarded.client_keep_alive = request_.keep_alive;
  forwarded.to_head = request_.is_head();
  forwarded.set_cookie_line = sticky_.set_cookie_line(context_, *group_, *backend_, cookie);
  forwarded.edits = rules_->response_edits.empty() ? nullptr : &rules_->response_edits;
  if (!queue_reply_head(forwarded)) return fail(SessionEnd::backend_bad_response, "head_too_large");
  status_ = response_.status;
  if (status_ == 101) return begin_tunnel();
  download_.start(response_.framing, framing.kind);
  client_framing_ = framing.kind;
  reply_state_ = Reply::body;
  return Progress::finished;
}

bool HttpExchange::queue_reply_head(const http1::ResponseContext& forwarded) noexcept {
  http1::HeadWriter writer(pieces_, scratch_);
  if (!http1::write_response_head(response_, forwarded, writer)) return false;
  for (const http1::Piece& piece : writer.pieces()) to_client_.add(piece.data, piece.size);
  reply_begun_ = true;
  return true;
}

HttpExchange::Progress HttpExchange::begin_interim() {
  // A 1.0 client knows no interim responses.
  if (request_.minor_version == 0) return Progress::finished;
  http1::ResponseContext forwarded;
  forwarded.client_keep_alive = request_.keep_alive;
  if (!queue_reply_head(forwarded)) return fail(SessionEnd::backend_bad_response, "head_too_large");
  download_.start({}, BodyKind::none);
  reply_state_ = Reply::interim;
  return Progress::finished;
}

HttpExchange::Progress HttpExchange::begin_tunnel() {
  tunnel_ = true;
  close_client_ = true;
  const http1::Framing raw{BodyKind::until_close, 0};
  download_.start(raw, raw.kind);
  upload_.start(raw, raw.kind);
  uploading_ = true;
  reply_state_ = Reply::body;
  client_interest_ |= readable;
  return Progress::finished;
}

HttpExchange::Progress HttpExchange::advance_download() {
  const std::uint64_t received = download_.received();
  const std::uint64_t sent = download_.sent();
  const RelayState state =
      download_.step(backend_socket(), reply_, session_.client, to_client_, context_.buffers);
  if (download_.received() != received || download_.sent() != sent) download_moved_ = now();
  reply_bytes_ += download_.received() - received;
  sent_to_client_ += download_.sent() - sent;
  switch (state) {
    case RelayState::done:
      reply_state_ = reply_state_ == Reply::interim ? Reply::awaited : Reply::complete;
      if (tunnel_) session_.client.shutdown_send();
      return Progress::finished;
    case RelayState::need_input:
      backend_interest_ |= readable;
      return Progress::waits;
    case RelayState::need_output:
      client_interest_ |= writable;
      return Progress::waits;
    case RelayState::busy:
      return Progress::yields;
    case RelayState::ended_early:
      return fail(SessionEnd::backend_closed_early);
    case RelayState::source_failed:
      return fail(backend_failure(download_.error()));
    case RelayState::bad_framing:
      return fail(SessionEnd::backend_bad_response, info(download_.framing_error()).code);
    case RelayState::out_of_buffers:
      return fail(SessionEnd::overload_memory);
    case RelayState::sink_failed:
      break;
  }
  return fail(SessionEnd::client_aborted);
}

HttpExchange::Progress HttpExchange::fail(SessionEnd end, std::string_view reason) noexcept {
  end_ = end;
  reason_ = reason;
  return Progress::failed;
}

TimePoint HttpExchange::deadline() const noexcept {
  const config::TimeoutsConfig& timeouts = context_.timeouts;
  if (tunnel_) return std::max(upload_moved_, download_moved_) + timeouts.tunnel_idle;
  TimePoint at = TimePoint::max();
  if (uploading_) {
    at = upload_moved_ + timeouts.body_idle;
    if ((client_interest_ & readable) != 0) at = std::min(at, rate_window_ + timeouts.body_idle);
  }
  switch (reply_state_) {
    case Reply::awaited:
      if (!uploading_) at = std::max(upload_moved_, download_moved_) + timeouts.backend_first_byte;
      break;
    case Reply::interim:
    case Reply::body: {
      const bool client_blocks = (client_interest_ & writable) != 0;
      at = std::min(at, download_moved_ + (client_blocks ? timeouts.body_idle : timeouts.backend_first_byte));
      break;
    }
    case Reply::complete: break;
  }
  return at;
}

bool HttpExchange::has_expired() noexcept {
  const config::TimeoutsConfig& timeouts = context_.timeouts;
  if (now() < deadline()) return false;
  if (tunnel_) {
    fail(SessionEnd::tunnel_idle);
    return true;
  }
  if (uploading_ && now() >= upload_moved_ + timeouts.body_idle) {
    fail((client_interest_ & readable) != 0 ? SessionEnd::client_body_timeout : SessionEnd::backend_write_timeout);
    return true;
  }
  if (uploading_ && (client_interest_ & readable) != 0 && now() >= rate_window_ + timeouts.body_idle) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now() - rate_window_).count();
    const std::uint64_t least = context_.limits.min_body_rate * static_cast<std::uint64_t>(seconds);
    if (upload_.received() - rate_bytes_ < least) {
      fail(SessionEnd::client_too_slow);
      return true;
    }
    rate_window_ = now();
    rate_bytes_ = upload_.received();
    return false;
  }
  if (reply_state_ == Reply::awaited) fail(SessionEnd::backend_response_timeout);
  else if ((client_interest_ & writable) != 0) fail(SessionEnd::client_write_timeout);
  else fail(SessionEnd::backend_body_timeout);
  return true;
}

}  // namespace tandem::lbd
