// The control sockets' server: small HTTP/1.1 over a Unix (or TCP, for /metrics) listener, on Asio.
//
// Control path only: a few requests per second from local clients, still bounded: head 16 KiB, body
// 1 MiB, 64 connections, 10 s to send a request. Who can connect (file mode 0660) may look; every method but GET
// and HEAD is for root and the daemon's own user, others get a 403 (SO_PEERCRED). One thread: handlers run on
// the io_context's thread and must not block. Routing is by exact method and path.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/http_message.hpp"

namespace tandem::io {

/// The writing end of one open "…/stream" response, used on the io thread. The handler's shares keep
/// it open: when the last is dropped, the response ends after what was written. A client that goes
/// closes it; one that does not read is cut off once 1 MiB waits for it.
class LineStream {
 public:
  virtual ~LineStream() = default;
  /// Sends `json` and a newline. No effect once closed.
  virtual void write_line(std::string_view json) = 0;
  [[nodiscard]] virtual bool open() const = 0;
};

class HttpServer {
 public:
  using Respond = std::function<void(HttpResponse)>;
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  using AsyncHandler = std::function<void(const HttpRequest&, Respond)>;
  using StreamHandler = std::function<void(std::shared_ptr<LineStream>)>;

  explicit HttpServer(boost::asio::io_context& io);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Routes are added before listen_*(). 404 and 405 are answered for everything else. A nlohmann
  /// exception out of a handler (a body that is not the JSON it wants) is answered with 400, any other with 500.
  void route(std::string_view method, std::string_view path, Handler handler);
  /// For answers that come later; `Respond` may be called once, at any time, on the io thread. When all
  /// its copies are dropped without a call, the client gets a 500.
  void route_async(std::string_view method, std::string_view path, AsyncHandler handler);
  /// GET `path`: `handler` gets the open stream and keeps it for as long as it has lines to send.
  void route_stream(std::string_view path, StreamHandler handler);

  /// Binds `path` with mode 0660. A stale socket file (nobody listens) is replaced; a live one is an
  /// error that says that another instance is running.
  Result<> listen_unix(const std::string& path);
  /// Serves nothing but GET /metrics: TCP has no file mode that would guard the rest. Port 0 takes a free one.
  Result<> listen_tcp(const Endpoint& endpoint);
  /// The port that listen_tcp() bound; 0 without one.
  [[nodiscard]] std::uint16_t tcp_port() const;

  /// Requests that were refused because their sender may only look.
  [[nodiscard]] std::uint64_t refused() const;

  /// Stops accepting, closes all connections and removes the socket file.
  void close();

  struct Impl;  // private to the .cpp

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::io
