#include "common/io/http_client.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <variant>

#include "common/io/clock.hpp"
#include "common/io/http_text.hpp"
#include "common/io/unix_socket.hpp"

namespace tandem::io {
namespace {

constexpr std::size_t max_response_bytes = 64 * 1024 * 1024;

using Failure = CallFailure;

// A connected control socket with one deadline for all it does; without one it waits for ever.
class BlockingSocket {
 public:
  explicit BlockingSocket(std::string path, std::optional<TimePoint> deadline)
      : path_(std::move(path)), deadline_(deadline) {}

  std::optional<Failure> connect() {
    auto connection = connect_unix_socket(path_);
    if (connection.error == 0) {
      fd_ = std::move(connection.fd);
      return std::nullopt;
    }
    return Failure{means_not_running(connection.error) ? Failure::Kind::not_running : Failure::Kind::failed,
                   explain_connect_error(path_, connection.error)};
  }

  std::optional<Failure> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return std::nullopt;  // it may have answered before it stopped reading
      } else if (auto failure = wait_after(errno, POLLOUT)) {
        return failure;
      }
    }
    return std::nullopt;
  }

  // The next bytes; empty at the end of the connection.
  std::variant<std::string_view, Failure> receive() {
    while (true) {
      const ssize_t size = ::recv(fd_.get(), chunk_.data(), chunk_.size(), 0);
      if (size >= 0) return std::string_view(chunk_.data(), static_cast<std::size_t>(size));
      if (errno == ECONNRESET) return std::string_view();
      if (auto failure = wait_after(errno, POLLIN)) return *std::move(failure);
    }
  }

  [[nodiscard]] Failure failure(std::string_view what) const {
    return {Failure::Kind::failed, fmt::format("{}: {}", path_, what)};
  }

 private:
  // Waits until the socket can do `events`; a failure if `cause` is not about waiting.
  std::optional<Failure> wait_after(int cause, short events) {
    if (cause == EINTR) return std::nullopt;
    if (cause != EAGAIN) return failure(errno_error("control connection", cause).message);
    int timeout = -1;
    if (deadline_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - now()).count();
      if (left <= 0) return failure("the daemon did not answer in time: it hangs or is stopped");
      timeout = static_cast<int>(std::min<std::int64_t>(left, 1'000'000));
    }
    pollfd poll_for{.fd = fd_.get(), .events = events, .revents = 0};
    ::poll(&poll_for, 1, timeout);
    return std::nullopt;
  }

  std::string path_;
  std::optional<TimePoint> deadline_;
  UniqueFd fd_;
  std::array<char, 16 * 1024> chunk_{};
};

struct Beginning {
  ResponseHead head;
  std::string body;  // what came with the head
};

std::variant<Beginning, Failure> read_head(BlockingSocket& socket) {
  std::string bytes;
  while (true) {
    auto received = socket.receive();
    if (auto* failure = std::get_if<Failure>(&received)) return std::move(*failure);
    const auto chunk = std::get<std::string_view>(received);
    if (chunk.empty()) return socket.failure("the daemon closed the connection without an answer");
    bytes += chunk;
    auto parsed = parse_response_head(bytes);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return socket.failure(refusal->message);
    if (auto* head = std::get_if<ResponseHead>(&parsed)) {
      return Beginning{std::move(*head), bytes.substr(head->head_bytes)};
    }
  }
}

std::variant<HttpResponse, Failure> read_response(BlockingSocket& socket) {
  auto begun = read_head(socket);
  if (auto* failure = std::get_if<Failure>(&begun)) return std::move(*failure);
  auto& [head, body] = std::get<Beginning>(begun);
  while (!head.body_bytes || body.size() < *head.body_bytes) {
    auto received = socket.receive();
    if (auto* failure = std::get_if<Failure>(&received)) return std::move(*failure);
    const auto chunk = std::get<std::string_view>(received);
    if (chunk.empty()) {
      if (head.body_bytes) return socket.failure("the answer ended early");
      break;
    }
    body += chunk;
    if (body.size() > max_response_bytes) return socket.failure("the answer is too long");
  }
  if (head.body_bytes) body.resize(*head.body_bytes);
  return HttpResponse{.status = head.status, .body = std::move(body), .content_type = std::move(head.content_type)};
}

}  // namespace

std::variant<HttpResponse, CallFailure> http_exchange(const std::string& socket_path, std::string_view method,
                                                      std::string_view target, std::string_view body,
                                                      Duration timeout) {
  BlockingSocket socket(socket_path, now() + timeout);
  if (auto failure = socket.connect()) return *std::move(failure);
  if (auto failure = socket.send(request_text(method, target, body))) return *std::move(failure);
  return read_response(socket);
}

Result<HttpResponse> http_call(const std::string& socket_path, std::string_view method, std::string_view target,
                               std::string_view body, Duration timeout) {
  auto outcome = http_exchange(socket_path, method, target, body, timeout);
  if (auto* failure = std::get_if<CallFailure>(&outcome)) return Error{std::move(failure->message)};
  return std::get<HttpResponse>(std::move(outcome));
}

Result<> http_follow(const std::string& socket_path, std::string_view target,
                     const std::function<bool(std::string_view line)>& on_line) {
  BlockingSocket socket(socket_path, std::nullopt);
  if (auto failure = socket.connect()) return Error{failure->message};
  if (auto failure = socket.send(request_text("GET", target, {}))) return Error{failure->message};
  auto begun = read_head(socket);
  if (auto* failure = std::get_if<Failure>(&begun)) return Error{failure->message};
  auto& [head, first] = std::get<Beginning>(begun);
  if (head.status != 200) return Error{fmt::format("{}: {} answered {}", socket_path, target, head.status)};
  LineSplitter lines;
  bool stopped = false;
  const auto deliver = [&](std::string_view line) {
    stopped = !on_line(line);
    return !stopped;
  };
  std::string_view chunk = first;
  while (true) {
    if (!lines.feed(chunk, deliver)) break;
    auto received = socket.receive();
    if (auto* failure = std::get_if<Failure>(&received)) return Error{failure->message};
    chunk = std::get<std::string_view>(received);
    if (chunk.empty()) return {};
  }
  if (stopped) return {};
  return Error{fmt::format("{}: {} sent a line that is too long", socket_path, target)};
}

}  // namespace tandem::io
