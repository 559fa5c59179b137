// tandem-bench-backend: answers as cheaply as possible, so that a benchmark measures the proxy.
//
// HTTP: every path gets --bytes bytes, /bytes/N gets N, /close gets a reply that ends the connection;
// /websocket is upgraded and echoes; request bodies (Content-Length) are read and dropped. The body is
// the alphabet over and over, so that a client can check it. TCP: echo.
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tools/support/net.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

struct Connection {
  bool open = false;
  bool tcp = false;
  bool close_after = false;
  std::uint64_t body_left = 0;  // of the request
  std::string in;
  std::string out;              // not yet sent
  std::size_t sent = 0;
};

/// The value of a header field, or empty; `name` with the line break before and the colon after it.
std::string_view field(std::string_view head, const char* name) {
  const std::size_t length = std::strlen(name);
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (at + length > head.size()) return {};
    if (strncasecmp(head.data() + at, name, length) != 0) continue;
    std::string_view value = head.substr(at + length);
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

class Backend {
 public:
  Backend(std::size_t bytes, int http, int tcp) : bytes_(bytes), http_(http), tcp_(tcp), buffer_(256 * 1024) {
    poller_.add(http_, EPOLLIN, static_cast<std::uint64_t>(http_));
    if (tcp_ >= 0) poller_.add(tcp_, EPOLLIN, static_cast<std::uint64_t>(tcp_));
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const auto& event : poller_.wait(Clock::now() + std::chrono::hours(1))) {
        const int fd = static_cast<int>(event.data.u64);
        if (fd == http_ || fd == tcp_) accept_all(fd);
        else on_event(fd, event.events);
      }
    }
  }

 private:
  void accept_all(int listener) {
    for (int fd = accept_one(listener); fd >= 0; fd = accept_one(listener)) {
      if (connections_.size() <= static_cast<std::size_t>(fd)) connections_.resize(static_cast<std::size_t>(fd) + 64);
      Connection& c = connections_[static_cast<std::size_t>(fd)];
      c = Connection();
      c.open = true;
      c.tcp = listener == tcp_;
      poller_.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, static_cast<std::uint64_t>(fd));
    }
  }

  void on_event(int fd, std::uint32_t events) {
    Connection& c = connections_[static_cast<std::size_t>(fd)];
    if (!c.open) return;
    if ((events & EPOLLOUT) != 0 && !c.out.empty() && !flush(fd, c)) return;
    for (;;) {
      const ssize_t count = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) return drop(fd, c);
      const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
      if (c.tcp) c.out += bytes;
      else take(c, bytes);
      if (!c.out.empty() && !flush(fd, c)) return;
      if (bytes.size() < buffer_.size() && (events & EPOLLRDHUP) == 0) return;  // a short read: drained
    }
  }

  void take(Connection& c, std::string_view bytes) {
    c.in += bytes;
    std::size_t at = 0;
    for (;;) {
      if (c.body_left > 0) {
        const std::size_t part = std::min<std::size_t>(c.body_left, c.in.size() - at);
        at += part;
        c.body_left -= part;
        if (c.body_left > 0) break;
        c.out += *pending_;
      }
      const std::size_t end = c.in.find("\r\n\r\n", at);
      if (end == std::string::npos) break;
      const std::string_view head(c.in.data() + at, end + 2 - at);
      at = end + 4;
      const std::string_view length = field(head, "\r\nContent-Length:");
      const std::string_view connection = field(head, "\r\nConnection:");
      if (connection == "close" || head.find("HTTP/1.0\r\n") != std::string_view::npos) c.close_after = true;
      if (head.find(" /websocket ") != std::string_view::npos) {
        c.tcp = true;
        c.out += "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Accept: unchecked\r\n\r\n";
        c.out.append(c.in, at);
        at = c.in.size();
        break;
      }
      const bool last = head.find(" /close ") != std::string_view::npos;
      if (last) c.close_after = true;
      const std::string& reply = reply_for(head, last);
      if (!length.empty()) c.body_left = std::strtoull(length.data(), nullptr, 10);
      if (c.body_left > 0) pending_ = &reply;
      else c.out += reply;
    }
    c.in.erase(0, at);
  }

  const std::string& reply_for(std::string_view head, bool last) {
    const auto at = head.find(" /bytes/");
    const bool asked = at != std::string_view::npos && at < head.find("\r\n");
    const std::size_t size = asked ? std::strtoull(head.data() + at + 8, nullptr, 10) : bytes_;
    std::string& reply = replies_[{size, last}];
    if (reply.empty()) {
      reply = "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) +
              (last ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
      for (std::size_t i = 0; i < size; ++i) reply += static_cast<char>('a' + i % 26);
    }
    return reply;
  }

  bool flush(int fd, Connection& c) {
    const ssize_t count = send(fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return drop(fd, c), false;
    if (count > 0) c.sent += static_cast<std::size_t>(count);
    if (c.sent < c.out.size()) return true;
    c.out.clear();
    c.sent = 0;
    if (c.close_after) return drop(fd, c), false;
    return true;
  }

  void drop(int fd, Connection& c) {
    close(fd);
    c = Connection();
  }

  std::size_t bytes_;
  int http_;
  int tcp_;
  Poller poller_;
  std::vector<Connection> connections_;  // by descriptor
  std::vector<char> buffer_;
  std::map<std::pair<std::size_t, bool>, std::string> replies_;  // by size, and whether the connection ends
  const std::string* pending_ = nullptr;  // all uploads get the same reply
};

}  // namespace
}  // namespace tandem::tools

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv, "A backend for benchmarks.",
                        {{"address", "127.0.0.1", "where it listens", false},
                         {"port", "8080", "HTTP port", false},
                         {"tcp-port", "0", "TCP echo port, 0: none", false},
                         {"bytes", "128", "size of a reply's body", false}});
  signal(SIGPIPE, SIG_IGN);
  const std::string& address = options.text("address");
  const int http = listen_on(parse_address(address + ":" + options.text("port")));
  int tcp = -1;
  if (options.number("tcp-port") != 0) tcp = listen_on(parse_address(address + ":" + options.text("tcp-port")));
  Backend backend(options.number("bytes"), http, tcp);
  std::printf("ready\n");
  std::fflush(stdout);
  backend.run();
}
