// tandem-demo-backend: a small HTTP/1.1 and TCP server that says who it is, and misbehaves on request.
//
//   GET /            128 bytes that begin with its name        GET /bytes/N   N bytes
//   GET /ready       200, or 503 after POST /ready?fail        POST /ready?ok  back to 200
//   GET /slow/MS     the reply comes MS milliseconds later      POST /echo     the request's body
//   GET /headers     the request's head, as it arrived here
//   faults: /reset /stall /garbage /close-early /too-much
//   TCP (--tcp-port): sends "NAME\n", then echoes.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "tests/tools/support/http_reader.hpp"
#include "tests/tools/support/net.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

struct Connection {
  int fd = -1;
  bool tcp = false;
  bool close_after = false;  // once everything is sent
  bool end_of_input = false;
  bool silent = false;       // a stalled reply: read on, never answer
  bool delayed = false;      // waits for its /slow time
  bool wants_write = false;
  std::string in;            // bytes not yet parsed
  std::string out;
  std::size_t sent = 0;
  HttpReader reader{HttpReader::Kind::request};
};

class Backend {
 public:
  Backend(std::string name, const Address& http, const Address& tcp)
      : name_(std::move(name)), http_listener_(listen_on(http)) {
    poller_.add(http_listener_, EPOLLIN, static_cast<std::uint64_t>(http_listener_));
    if (tcp.length != 0) {
      tcp_listener_ = listen_on(tcp);
      poller_.add(tcp_listener_, EPOLLIN, static_cast<std::uint64_t>(tcp_listener_));
    }
  }

  [[noreturn]] void run() {
    for (;;) {
      const TimePoint next = slow_.empty() ? Clock::now() + std::chrono::hours(1) : slow_.begin()->first;
      for (const auto& event : poller_.wait(next)) on_event(static_cast<int>(event.data.u64), event.events);
      release_slow();
    }
  }

 private:
  void on_event(int fd, std::uint32_t events) {
    if (fd == http_listener_ || fd == tcp_listener_) return accept_all(fd);
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& c = *found->second;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0 && !receive(c)) return drop(fd, false);
    if (!progress(c)) return;
  }

  void accept_all(int listener) {
    for (int fd = accept_one(listener); fd >= 0; fd = accept_one(listener)) {
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connection->tcp = listener == tcp_listener_;
      if (connection->tcp) connection->out = name_ + "\n";
      poller_.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
      Connection& c = *connection;
      connections_[fd] = std::move(connection);
      progress(c);
    }
  }

  /// False: the connection is broken.
  bool receive(Connection& c) {
    if (c.end_of_input) return false;  // only an error or a hang-up wakes it now
    char buffer[64 * 1024];
    const ssize_t count = recv(c.fd, buffer, sizeof buffer, 0);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) {
      c.end_of_input = true;
      poller_.change(c.fd, c.wants_write ? EPOLLOUT : 0U, static_cast<std::uint64_t>(c.fd));
      if (c.tcp) c.close_after = true;
      return c.tcp || c.reader.started() || !c.out.empty() || c.delayed;
    }
    (c.tcp ? c.out : c.in).append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  /// Answers what is complete and sends what it can; false: `c` is gone.
  bool progress(Connection& c) {
    while (!c.tcp && !c.in.empty() && !c.silent && !c.delayed && !c.close_after) {
      c.in.erase(0, c.reader.feed(c.in));
      if (c.reader.state() == HttpReader::State::broken) {
        reply(c, 400, "bad request\n");
        c.close_after = true;
      } else if (c.reader.state() == HttpReader::State::done) {
        if (!answer(c)) return false;
        if (!c.delayed) c.reader.reset();
      } else {
        if (c.out.empty() && c.reader.state() == HttpReader::State::body && c.reader.body().empty() &&
            c.reader.header("expect") == "100-continue") {
          c.out += "HTTP/1.1 100 Continue\r\n\r\n";
        }
        break;
      }
    }
    return flush(c);
  }

  bool flush(Connection& c) {
    while (c.sent < c.out.size()) {
      const ssize_t count = send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) break;
      if (count < 0) return drop(c.fd, false), false;
      c.sent += static_cast<std::size_t>(count);
    }
    const bool all = c.sent == c.out.size();
    if (all) {
      c.out.clear();
      c.sent = 0;
      if (c.close_after) return drop(c.fd, false), false;
      if (c.end_of_input && !c.delayed) return drop(c.fd, false), false;
    }
    if (c.wants_write == all) {
      c.wants_write = !all;
      poller_.change(c.fd, (c.end_of_input ? 0U : EPOLLIN) | (all ? 0U : EPOLLOUT), static_cast<std::uint64_t>(c.fd));
    }
    return true;
  }

  void drop(int fd, bool reset) {
    connections_.erase(fd);
    for (auto it = slow_.begin(); it != slow_.end();) it = it->second == fd ? slow_.erase(it) : std::next(it);
    reset ? close_with_reset(fd) : void(close(fd));
  }

  void reply(Connection& c, int status, const std::string& body) {
    c.out += "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Error") + "\r\nX-Backend: " + name_ +
             "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
             (c.reader.keep_alive() ? "" : "Connection: close\r\n") + "\r\n";
    if (c.reader.start_line().rfind("HEAD ", 0) != 0) c.out += body;
    if (!c.reader.keep_alive()) c.close_after = true;
  }

  static std::string pattern(std::size_t size) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 26);
    return body;
  }

  /// False: the connection is gone.
  bool answer(Connection& c) {
    const std::string& line = c.reader.start_line();
    const auto space = line.find(' ');
    const std::string method = line.substr(0, space);
    const std::string target = line.substr(space + 1, line.rfind(' ') - space - 1);
    const std::string path = target.substr(0, target.find('?'));
    const auto number_after = [&](std::size_t prefix) {
      return std::strtoull(path.c_str() + prefix, nullptr, 10);
    };
    if (path == "/ready") {
      if (method == "POST") ready_ = target.find("?fail") == std::string::npos;
      reply(c, ready_ || method == "POST" ? 200 : 503, ready_ ? "ready\n" : "not ready\n");
    } else if (path.rfind("/bytes/", 0) == 0) {
      reply(c, 200, pattern(std::min<std::size_t>(number_after(7), 64U << 20)));
    } else if (path.rfind("/slow/", 0) == 0) {
      slow_.emplace(Clock::now() + std::chrono::milliseconds(number_after(6)), c.fd);
      c.delayed = true;
    } else if (path == "/echo") {
      reply(c, 200, c.reader.body());
    } else if (path == "/headers") {
      std::string text = line + "\n";
      for (const auto& [name, value] : c.reader.headers()) text += name + ": " + value + "\n";
      reply(c, 200, text);
    } else {
      return answer_fault(c, path);
    }
    return true;
  }

  bool answer_fault(Connection& c, const std::string& path) {
    if (path == "/reset") return drop(c.fd, true), false;
    if (path == "/stall") {
      c.silent = true;
    } else if (path == "/garbage") {
      c.out += std::string("\x16\x03\x01\x02\0\x01\xff\xfe garbage, not a reply\r\n\r\n", 36);
      c.close_after = true;
    } else if (path == "/close-early") {
      c.out += "HTTP/1.1 200 OK\r\nX-Backend: " + name_ + "\r\nContent-Length: 1000\r\n\r\nonly this";
      c.close_after = true;
    } else if (path == "/too-much") {
      c.out += "HTTP/1.1 200 OK\r\nX-Backend: " + name_ + "\r\nContent-Length: 5\r\n\r\n12345 and more than announced";
    } else {
      std::string body = "hello from " + name_ + "\n";
      body.resize(128, '.');
      reply(c, 200, body);
    }
    return true;
  }

  void release_slow() {
    while (!slow_.empty() && slow_.begin()->first <= Clock::now()) {
      const int fd = slow_.begin()->second;
      slow_.erase(slow_.begin());
      Connection& c = *connections_.at(fd);
      c.delayed = false;
      reply(c, 200, "slow hello from " + name_ + "\n");
      c.reader.reset();
      progress(c);
    }
  }

  std::string name_;
  bool ready_ = true;
  Poller poller_;
  int http_listener_;
  int tcp_listener_ = -1;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::multimap<TimePoint, int> slow_;
};

}  // namespace
}  // namespace tandem::tools

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv, "An HTTP and TCP backend for demonstrations and tests.",
                        {{"name", "s1", "what it calls itself", false},
                         {"address", "0.0.0.0", "where it listens", false},
                         {"port", "8080", "HTTP port", false},
                         {"tcp-port", "0", "TCP echo port, 0: none", false}});
  signal(SIGPIPE, SIG_IGN);
  const std::string& address = options.text("address");
  const Address http = parse_address(address + ":" + options.text("port"));
  Address tcp;
  if (options.number("tcp-port") != 0) tcp = parse_address(address + ":" + options.text("tcp-port"));
  Backend backend(options.text("name"), http, tcp);
  std::printf("%s ready\n", options.text("name").c_str());
  std::fflush(stdout);
  backend.run();
}
