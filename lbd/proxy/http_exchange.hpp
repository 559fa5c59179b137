// One HTTP exchange: a request of a client, the attempts on backends, the reply.
//
// All that can be done without waiting is done here in plain functions; the session's coroutine
// (http_session.cpp) waits in between. Exchanges exist only while a request is in progress: what they
// need by the kilobyte is pooled and not held by idle connections.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "lbd/core/http1/head.hpp"
#include "lbd/core/http1/parser.hpp"
#include "lbd/core/http1/rewrite.hpp"
#include "lbd/core/retry.hpp"
#include "lbd/core/session_end.hpp"
#include "lbd/engine/task.hpp"
#include "lbd/proxy/group.hpp"
#include "lbd/proxy/http_session.hpp"
#include "lbd/proxy/relay.hpp"
#include "lbd/proxy/stickiness.hpp"

namespace tandem::lbd {

/// What the access log says about a request, kept because its bytes are not.
struct LogText final : public Pooled {
  CutText<16> method;
  CutText<256> target;
  CutText<64> host;
};

class HttpExchange final : public Pooled {
 public:
  explicit HttpExchange(HttpSession& session);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// What a step came to; `failed`: the end and its cause are noted.
  enum class Progress : std::uint8_t { waits, yields, finished, failed };

  // In the order of calls. A function that is true or `finished` has done its part; after one that is
  // false or `failed`, try_again() says whether to go back to the connection, else finish() follows.

  /// Reads from session.input and the socket what is there of the request's head. True: complete.
  bool read_head();
  /// Not a byte was there: after a read that just fitted, readiness may be a thing of the past.
  [[nodiscard]] bool is_false_alarm() const noexcept { return head_state_ == HeadRead::more && session_.input.empty(); }
  [[nodiscard]] bool needs_more_head() const noexcept { return head_state_ == HeadRead::more; }
  Task<bool> read_rest_of_head();
  /// Routes the request and chooses the first backend.
  bool begin() { return route() && choose_backend(nullptr); }
  [[nodiscard]] bool has_connection() const noexcept { return connection_ != nullptr; }
  Task<bool> open_connection();
  /// Begins to send the request and, like go_on_after(), goes as far as it can without waiting.
  Progress begin_transfer();
  /// What to wait for after Progress::waits; after `yields` it is the next turn.
  [[nodiscard]] detail::EitherAwaiter wait_for_either() noexcept;
  Progress go_on_after(Wake woken);
  /// The attempt has failed. True: another backend has been chosen.
  [[nodiscard]] bool try_again();
  /// Answers what has no answer yet, and settles all accounts. True: the connection can go on.
  [[nodiscard]] bool finish() noexcept;
  /// Replies of ours may still have to be sent.
  [[nodiscard]] bool flushed() const noexcept { return to_client_.empty(); }
  Task<bool> flush();
  /// Closing a socket with unread bytes resets it, and the client would lose the reply that it has
  /// not read yet: then the rest of what it sends must be read for a moment.
  [[nodiscard]] bool owes_gentle_close() const noexcept;
  Task<> close_gently();

 private:
  /// Where the reply is.
  enum class Reply : std::uint8_t { awaited, interim, body, complete };
  enum class HeadRead : std::uint8_t { complete, more, failed };

  // ---- http_request.cpp: from the client's bytes to an attempt on a backend
  HeadRead read_request_head();
  [[nodiscard]] bool make_head_room(InBuffer& input) noexcept;
  [[nodiscard]] bool route();
  /// `last_resort`: asked on a new connection if there is no other; may be nullptr.
  [[nodiscard]] bool choose_backend(Backend* last_resort);
  void end_attempt() noexcept;

  // ---- http_transfer.cpp: both directions, as far as they go without waiting
  Progress advance();
  Progress advance_upload();
  Progress advance_reply();
  Progress advance_download();
  Progress read_reply_head();
  Progress begin_reply();
  Progress begin_interim();
  [[nodiscard]] bool queue_reply_head(const http1::ResponseContext& forwarded) noexcept;
  Progress begin_tunnel();
  Progress fail(SessionEnd end, std::string_view reason = {}) noexcept;
  [[nodiscard]] bool has_expired() noexcept;
  [[nodiscard]] TimePoint deadline() const noexcept;

  // ---- http_finish.cpp: replies of ours, accounts
  void reply_ourselves() noexcept;
  void settle_connection() noexcept;
  void account() noexcept;
  void note_backend_error() noexcept;
  void log_request() noexcept;
  void log_end() noexcept;

  [[nodiscard]] TimePoint now() const noexcept { return context_.loop.now(); }
  [[nodiscard]] Socket& backend_socket() noexcept { return connection_->socket; }
  /// Nothing of this request is left to be read from the client.
  [[nodiscard]] bool request_consumed() const noexcept { return head_read_ && upload_.body_complete(); }
  [[nodiscard]] std::uint64_t bytes_from_client() const noexcept;
  [[nodiscard]] http1::HeadLimits head_limits() const noexcept { return {context_.limits.head_bytes}; }

  HttpSession& session_;
  WorkerContext& context_;
  Ref<ListenerRules> rules_;
  Ref<Group> group_;
  Ref<Backend> backend_;
  BackendConnection* connection_ = nullptr;  // owned
  RetryState retries_;
  Stickiness sticky_;

  http1::RequestHead request_;
  http1::ResponseHead response_;
  http1::HeadProgress progress_;
  std::span<http1::Field> fields_;   // of the head being read
  std::size_t request_head_bytes_ = 0;  // of the forwarded head, in pieces_
  std::size_t request_pieces_ = 0;
  std::size_t body_position_ = 0;    // of the body in session_.input, as long as it can be sent again

  Relay upload_;
  Relay download_;
  InBuffer reply_;                   // received from the backend, not used yet
  using Queue = OutQueueOf<http1::usual_pieces + 32, 1024, 640>;
  Queue to_backend_;
  Queue to_client_;

  SessionEnd end_ = SessionEnd::completed;
  std::string_view reason_;          // short code of our reply; empty: the end's name
  std::uint16_t status_ = 0;         // of the reply
  std::uint32_t redirect_rule_ = 0;
  Reply reply_state_ = Reply::awaited;
  http1::BodyKind client_framing_ = http1::BodyKind::none;
  Readiness client_interest_ = 0;
  Readiness backend_interest_ = 0;
  HeadRead head_state_ = HeadRead::more;
  bool head_read_ = false;           // request_ is valid
  bool attempt_ = false;             // counted as in flight on backend_
  bool was_reused_ = false;
  bool uploading_ = false;
  bool upload_broken_ = false;       // the backend takes no more of the request
  bool reply_begun_ = false;         // no reply of ours is possible any more
  bool body_lost_ = false;
  bool tunnel_ = false;
  bool close_client_ = false;

  TimePoint started_;                // first byte of the request
  TimePoint head_done_;
  TimePoint connected_;
  TimePoint first_byte_;
  TimePoint upload_moved_;           // last byte from the client or to the backend
  TimePoint download_moved_;         // last byte from the backend or to the client
  TimePoint rate_window_;            // start of the window of the minimum rate
  std::uint64_t rate_bytes_ = 0;     // upload_.received() at its start
  std::uint64_t sent_to_client_ = 0;
  std::uint64_t reply_bytes_ = 0;    // from the backend
  std::unique_ptr<LogText> log_;     // with the access log only

  static constexpr std::size_t usual_fields = 100;
  std::array<http1::Field, usual_fields> usual_fields_;
  std::array<http1::Piece, http1::usual_pieces> pieces_;
  std::array<char, http1::usual_scratch> scratch_;
};

}  // namespace tandem::lbd
