#include "tests/support/tcp_peer.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tandem::test {

namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.bytes().data(), 4);
  return address;
}

bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left < 0) return false;
    pollfd poller{fd, events, 0};
    const int ready = ::poll(&poller, 1, static_cast<int>(left) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

TcpPeer::TcpPeer(TcpPeer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ended_(other.ended_), reset_(other.reset_), unread_(std::move(other.unread_)) {}

TcpPeer& TcpPeer::operator=(TcpPeer&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  ended_ = other.ended_;
  reset_ = other.reset_;
  unread_ = std::move(other.unread_);
  return *this;
}

TcpPeer TcpPeer::connect(const Endpoint& to, int receive_buffer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("socket");
  if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = to_sockaddr(to);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    throw std::runtime_error("connect to " + to.to_string() + ": " + std::strerror(errno));
  }
  return TcpPeer(fd);
}

bool TcpPeer::send(std::string_view bytes) {
  const auto deadline = Clock::now() + patience;
  while (!bytes.empty()) {
    if (!wait_for(fd_, POLLOUT, deadline)) return false;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TcpPeer::send_slowly(std::string_view bytes, std::chrono::microseconds pause) {
  for (const char& byte : bytes) {
    if (!send({&byte, 1})) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void TcpPeer::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void TcpPeer::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void TcpPeer::reset() {
  const linger abort{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  close();
}

bool TcpPeer::fill(Clock::time_point deadline) {
  if (ended_ || !wait_for(fd_, POLLIN, deadline)) return false;
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  ended_ = true;
  reset_ = got < 0;
  return false;
}

std::string TcpPeer::read_until(std::string_view end) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const std::size_t found = unread_.find(end);
    if (found != std::string::npos) {
      std::string text = unread_.substr(0, found + end.size());
      unread_.erase(0, found + end.size());
      return text;
    }
    if (!fill(deadline)) return std::exchange(unread_, {});
  }
}

std::string TcpPeer::read_exactly(std::size_t bytes) {
  const auto deadline = Clock::now() + patience;
  while (unread_.size() < bytes && fill(deadline)) {
  }
  const std::size_t take = std::min(bytes, unread_.size());
  std::string text = unread_.substr(0, take);
  unread_.erase(0, take);
  return text;
}

std::string TcpPeer::read_all() {
  const auto deadline = Clock::now() + patience;
  while (fill(deadline)) {
  }
  return std::exchange(unread_, {});
}

std::string TcpPeer::read_message(bool without_body) {
  std::string message = read_until("\r\n\r\n");
  if (without_body) return message;
  const std::string head = lower(message);
  const std::size_t length = head.find("\r\ncontent-length:");
  if (length != std::string::npos) {
    message += read_exactly(std::stoul(head.substr(length + 17)));
  } else if (head.find("\r\ntransfer-encoding:") != std::string::npos) {
    std::string line;
    do {
      line = read_until("\r\n");
      message += line;
      const std::size_t size = line.empty() ? 0 : std::stoul(line, nullptr, 16);
      if (size == 0) break;
      message += read_exactly(size + 2);
    } while (!line.empty());
    do {
      line = read_until("\r\n");
      message += line;
    } while (line.size() > 2);
  }
  return message;
}

std::string TcpPeer::read_for(std::chrono::milliseconds time) {
  const auto deadline = Clock::now() + time;
  while (fill(deadline)) {
  }
  return std::exchange(unread_, {});
}

bool TcpPeer::wait_closed(std::chrono::milliseconds time) {
  const auto deadline = Clock::now() + time;
  while (fill(deadline)) {
  }
  return ended_;
}

TcpListener::TcpListener(int backlog, bool reuse_port, bool nonblocking) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address = to_sockaddr({IpAddress::v4({127, 0, 0, 1}), 0});
  socklen_t length = sizeof address;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(fd_, backlog) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("listen on loopback");
  }
  endpoint_ = {IpAddress::v4({127, 0, 0, 1}), ntohs(address.sin_port)};
}

TcpListener::~TcpListener() { close(); }

TcpPeer TcpListener::accept(std::chrono::milliseconds time) {
  if (!wait_for(fd_, POLLIN, Clock::now() + time)) return TcpPeer();
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return TcpPeer(fd);
}

void TcpListener::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace tandem::test
