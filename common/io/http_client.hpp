// Clients of the control sockets: one blocking call for lbctl, one watcher for daemons.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/io/http_message.hpp"

namespace tandem::io {

/// Why a call had no answer. `message` is for the operator and names the socket.
struct CallFailure {
  enum class Kind : std::uint8_t { not_running, failed };
  Kind kind = Kind::failed;
  std::string message;
};

/// As http_call(), for callers that treat a daemon that is not running as a case of its own.
std::variant<HttpResponse, CallFailure> http_exchange(const std::string& socket_path, std::string_view method,
                                                      std::string_view target, std::string_view body = {},
                                                      Duration timeout = std::chrono::seconds(5));

/// One request on a Unix socket, blocking, at most `timeout` in all. The error says which socket and
/// whether nobody listens there (daemon not running), permission is missing, or it did not answer.
Result<HttpResponse> http_call(const std::string& socket_path, std::string_view method, std::string_view target,
                               std::string_view body = {}, Duration timeout = std::chrono::seconds(5));

/// Reads an endless "…/stream" with blocking I/O; `on_line` returns false to stop. Returns when the
/// daemon closes the stream or `on_line` stopped it.
Result<> http_follow(const std::string& socket_path, std::string_view target,
                     const std::function<bool(std::string_view line)>& on_line);

/// Follows a daemon's "…/stream" for as long as it lives: connects, calls `on_line` for each line, calls
/// `on_lost` (once per loss, and once if the first attempts fail) the moment the connection ends, and tries
/// again: 10 ms after a loss, then backing off to 200 ms. Not thread-safe; callbacks run on the io thread
/// and may stop or destroy the watcher.
class LineWatcher {
 public:
  using OnLine = std::function<void(std::string_view line)>;
  using OnLost = std::function<void(std::string_view reason)>;

  LineWatcher(boost::asio::io_context& io, std::string socket_path, std::string target, OnLine on_line, OnLost on_lost);
  ~LineWatcher();
  LineWatcher(const LineWatcher&) = delete;
  LineWatcher& operator=(const LineWatcher&) = delete;

  void start();
  void stop();

  struct Impl;  // private to the .cpp

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::io
