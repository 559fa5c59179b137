#include "common/io/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace tandem::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr Duration request_time = std::chrono::seconds(10);
constexpr Duration response_time = std::chrono::seconds(10);
constexpr Duration drain_time = std::chrono::seconds(1);

}  // namespace

HttpConnection::HttpConnection(StreamSocket accepted, bool over_tcp)
    : socket(std::move(accepted)), deadline(socket.get_executor()), tcp(over_tcp) {}

void HttpConnection::expire_after(Duration duration) {
  deadline.expires_after(duration);
  deadline.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    // A wait that was overtaken by a newer deadline may still report success.
    if (error || !self || self->deadline.expiry() > std::chrono::steady_clock::now()) return;
    self->close();
  });
}

void HttpConnection::never_expire() { deadline.expires_at(std::chrono::steady_clock::time_point::max()); }

void HttpConnection::close() {
  error_code ignored;
  socket.close(ignored);
  deadline.cancel();
}

asio::awaitable<std::variant<ClientGone, HttpRequest, Refusal>> read_request(
    std::shared_ptr<HttpConnection> connection) {
  using Outcome = std::variant<ClientGone, HttpRequest, Refusal>;
  connection->expire_after(request_time);
  std::string bytes;
  std::array<char, 4096> chunk;
  std::optional<RequestHead> head;
  while (!head || bytes.size() < head->head_bytes + head->body_bytes) {
    const auto read = co_await connection->socket.async_read_some(asio::buffer(chunk), as_result);
    const auto& [error, size] = read;
    if (error) co_return Outcome{ClientGone{}};
    bytes.append(chunk.data(), size);
    if (head) continue;
    auto parsed = parse_request_head(bytes);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) co_return Outcome{std::move(*refusal)};
    if (auto* complete = std::get_if<RequestHead>(&parsed)) head = std::move(*complete);
    if (head && head->expects_continue && bytes.size() < head->head_bytes + head->body_bytes) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto written = co_await asio::async_write(connection->socket, asio::buffer(go_on), as_result);
      if (std::get<0>(written)) co_return Outcome{ClientGone{}};
    }
  }
  connection->never_expire();
  co_return Outcome{HttpRequest{.method = std::move(head->method),
                                .path = std::move(head->path),
                                .query = std::move(head->query),
                                .body = bytes.substr(head->head_bytes, head->body_bytes)}};
}

asio::awaitable<void> send_and_close(std::shared_ptr<HttpConnection> connection, std::string text, bool drain_input) {
  connection->expire_after(response_time);
  const auto written = co_await asio::async_write(connection->socket, asio::buffer(text), as_result);
  if (!std::get<0>(written) && drain_input) {
    error_code ignored;
    connection->socket.shutdown(StreamSocket::shutdown_send, ignored);
    connection->expire_after(drain_time);
    std::array<char, 4096> discarded;
    bool more = true;
    while (more) {
      const auto read = co_await connection->socket.async_read_some(asio::buffer(discarded), as_result);
      more = !std::get<0>(read);
    }
  }
  connection->close();
}

namespace {

// The stream's state: outlives the handle for as long as writes are under way.
class StreamBody : public std::enable_shared_from_this<StreamBody> {
 public:
  explicit StreamBody(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}

  void start() {
    pending_ = stream_head_text();
    flush();
    watch_client();
  }

  void write_line(std::string_view json) {
    if (!open()) return;
    if (pending_.size() + in_flight_.size() + json.size() >= max_pending_bytes) {
      connection_->close();
      return;
    }
    pending_.append(json);
    pending_ += '\n';
    flush();
  }

  void finish() {
    if (!open()) return;
    finishing_ = true;
    connection_->expire_after(response_time);
    flush();
  }

  [[nodiscard]] bool open() const { return connection_->open(); }

 private:
  static constexpr std::size_t max_pending_bytes = 1024 * 1024;

  void flush() {
    if (writing_ || !open()) return;
    if (pending_.empty()) {
      if (finishing_) connection_->close();
      return;
    }
    writing_ = true;
    in_flight_.swap(pending_);
    asio::async_write(connection_->socket, asio::buffer(in_flight_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->writing_ = false;
                        self->in_flight_.clear();
                        if (error) self->connection_->close();
                        self->flush();
                      });
  }

  // Nothing more is expected from the client but its end.
  void watch_client() {
    connection_->socket.async_read_some(asio::buffer(ignored_input_),
                                        [self = shared_from_this()](const error_code& error, std::size_t) {
                                          if (error) {
                                            self->connection_->close();
                                          } else {
                                            self->watch_client();
                                          }
                                        });
  }

  std::shared_ptr<HttpConnection> connection_;
  std::string pending_;
  std::string in_flight_;  // untouched while writing_
  bool writing_ = false;
  bool finishing_ = false;
  std::array<char, 512> ignored_input_{};
};

class StreamHandle final : public LineStream {
 public:
  explicit StreamHandle(std::shared_ptr<StreamBody> body) : body_(std::move(body)) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() override { body_->finish(); }

  void write_line(std::string_view json) override { body_->write_line(json); }
  [[nodiscard]] bool open() const override { return body_->open(); }

 private:
  std::shared_ptr<StreamBody> body_;
};

}  // namespace

std::shared_ptr<LineStream> start_stream(std::shared_ptr<HttpConnection> connection) {
  auto body = std::make_shared<StreamBody>(std::move(connection));
  body->start();
  return std::make_shared<StreamHandle>(std::move(body));
}

}  // namespace tandem::io
