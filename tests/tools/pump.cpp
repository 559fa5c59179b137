// tandem-pump: the least that a TCP proxy can do. One epoll, one backend, bytes copied both ways.
//
// It looks at nothing, keeps no timers and counts nothing: a floor to compare proxies with.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/tools/support/net.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

struct Side {
  int fd = -1;
  int other = -1;
  std::string held;  // for this side, when its socket took less than all
  bool eof = false;  // nothing more comes from this side
};

class Pump {
 public:
  Pump(int listener, const Address& backend) : listener_(listener), backend_(backend), buffer_(256 * 1024) {
    poller_.add(listener_, EPOLLIN, static_cast<std::uint64_t>(listener_));
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const auto& event : poller_.wait(Clock::now() + std::chrono::hours(1))) {
        const int fd = static_cast<int>(event.data.u64);
        if (fd == listener_) accept_all();
        else on_event(fd, event.events);
      }
    }
  }

 private:
  void accept_all() {
    for (int fd = accept_one(listener_); fd >= 0; fd = accept_one(listener_)) {
      const int to = start_connect(backend_, Address());
      if (to < 0) {
        close(fd);
        continue;
      }
      side(fd) = {fd, to, {}, false};
      side(to) = {to, fd, {}, false};
      for (const int each : {fd, to}) {
        poller_.add(each, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, static_cast<std::uint64_t>(each));
      }
    }
  }

  Side& side(int fd) {
    if (sides_.size() <= static_cast<std::size_t>(fd)) sides_.resize(static_cast<std::size_t>(fd) + 64);
    return sides_[static_cast<std::size_t>(fd)];
  }

  void on_event(int fd, std::uint32_t events) {
    if (side(fd).fd < 0) return;
    if ((events & EPOLLOUT) != 0 && !side(fd).held.empty()) {
      if (!flush(fd)) return;
      if (side(fd).held.empty() && !copy(side(fd).other)) return;
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) copy(fd);
  }

  bool flush(int fd) {
    Side& s = side(fd);
    const ssize_t count = send(fd, s.held.data(), s.held.size(), MSG_NOSIGNAL);
    if (count > 0) s.held.erase(0, static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN) return drop(fd);
    return true;
  }

  /// Moves what `fd` has to its other side; false: both are gone.
  bool copy(int fd) {
    const int to = side(fd).other;
    while (side(to).held.empty() && !side(fd).eof) {
      const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == ENOTCONN || drop(fd);
      if (got == 0) {
        side(fd).eof = true;
        if (side(to).eof) return drop(fd);
        shutdown(to, SHUT_WR);
        return true;
      }
      const ssize_t put = send(to, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN && errno != ENOTCONN) return drop(fd);
      const auto done = static_cast<std::size_t>(put < 0 ? 0 : put);
      if (done < static_cast<std::size_t>(got)) side(to).held.assign(buffer_.data() + done, static_cast<std::size_t>(got) - done);
      if (static_cast<std::size_t>(got) < buffer_.size()) return true;  // a short read: drained
    }
    return true;
  }

  bool drop(int fd) {
    const int other = side(fd).other;
    for (const int each : {fd, other}) {
      close(each);
      side(each) = Side();
    }
    return false;
  }

  int listener_;
  Address backend_;
  Poller poller_;
  std::vector<Side> sides_;  // by descriptor
  std::vector<char> buffer_;
};

}  // namespace
}  // namespace tandem::tools

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv, "A minimal TCP proxy, the floor of every comparison.",
                        {{"listen", "127.0.0.1:9000", "ADDRESS:PORT", false},
                         {"backend", "127.0.0.1:8080", "ADDRESS:PORT", false}});
  signal(SIGPIPE, SIG_IGN);
  Pump pump(listen_on(parse_address(options.text("listen"))), parse_address(options.text("backend")));
  std::printf("ready\n");
  std::fflush(stdout);
  pump.run();
}
