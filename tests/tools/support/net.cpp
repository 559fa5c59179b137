#include "tests/tools/support/net.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tests/tools/support/options.hpp"

namespace tandem::tools {

Address parse_address(const std::string& text) {
  std::string host = text;
  std::uint16_t port = 0;
  const auto colon = text.rfind(':');
  const bool bracketed = !text.empty() && text.front() == '[';
  if (colon != std::string::npos && (!bracketed || colon > text.rfind(']'))) {
    host = text.substr(0, colon);
    port = static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1));
  }
  if (bracketed) host = host.substr(1, host.size() - 2);
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
  } else {
    die("'" + text + "' is not ADDRESS:PORT", 2);
  }
  return address;
}

Address address_after(const Address& base, std::uint32_t step) {
  Address address = base;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (address.storage.ss_family != AF_INET) die("a range of addresses must be IPv4", 2);
  v4->sin_addr.s_addr = htonl(ntohl(v4->sin_addr.s_addr) + step);
  return address;
}

namespace {

void set_nodelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

int listen_on(const Address& where, int backlog) {
  const int fd = socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die(std::string("cannot make a socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  set_nodelay(fd);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&where.storage), where.length) != 0 ||
      listen(fd, backlog) != 0) {
    die(std::string("cannot listen: ") + std::strerror(errno));
  }
  return fd;
}

int start_connect(const Address& to, const Address& bind_to) {
  const int fd = socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  set_nodelay(fd);
  int failure = 0;
  if (bind_to.length != 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&bind_to.storage), bind_to.length) != 0) failure = errno;
  }
  if (failure == 0 && connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.length) != 0 &&
      errno != EINPROGRESS) {
    failure = errno;
  }
  if (failure == 0) return fd;
  close(fd);
  return -failure;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

int accept_one(int listener) { return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }

void close_with_reset(int fd) {
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
}

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) die(std::string("cannot make an epoll: ") + std::strerror(errno));
}

Poller::~Poller() { close(fd_); }

void Poller::add(int fd, std::uint32_t events, std::uint64_t tag) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event);
}

void Poller::change(int fd, std::uint32_t events, std::uint64_t tag) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
}

const std::vector<epoll_event>& Poller::wait(TimePoint deadline) {
  events_.resize(512);
  const auto left = std::max(Duration(0), Duration(deadline - Clock::now()));
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
  const int count = epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  events_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return events_;
}

}  // namespace tandem::tools
