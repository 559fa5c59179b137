// One accepted connection of HttpServer: reads a request, sends an answer or a stream of lines.
//
// Internal to common/io. Everything runs on the io thread; each object is shared between the
// server's registry and the operations that are under way on it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/time.hpp"
#include "common/io/http_message.hpp"
#include "common/io/http_server.hpp"
#include "common/io/http_text.hpp"

namespace tandem::io {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// A socket with a deadline.
struct HttpConnection : std::enable_shared_from_this<HttpConnection> {
  HttpConnection(StreamSocket accepted, bool over_tcp);

  /// Whatever is under way fails once `duration` has passed; replaces the deadline before.
  void expire_after(Duration duration);
  void never_expire();
  void close();
  [[nodiscard]] bool open() const { return socket.is_open(); }

  StreamSocket socket;
  boost::asio::steady_timer deadline;
  bool tcp;
};

/// The client went away, or did not send its request in time.
struct ClientGone {};

/// The request with its body, within 10 s.
boost::asio::awaitable<std::variant<ClientGone, HttpRequest, Refusal>> read_request(
    std::shared_ptr<HttpConnection> connection);

/// Sends `text` within 10 s and closes. `drain_input` first lets the client finish sending (1 s), so that a
/// reset does not overtake an answer to a request that was not read to its end.
boost::asio::awaitable<void> send_and_close(std::shared_ptr<HttpConnection> connection, std::string text,
                                            bool drain_input);

/// Turns the connection into a stream of lines; the head is sent first.
std::shared_ptr<LineStream> start_stream(std::shared_ptr<HttpConnection> connection);

}  // namespace tandem::io
