// Non-blocking TCP sockets and one epoll loop for the test tools.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/tools/support/clock.hpp"

namespace tandem::tools {

/// An IPv4 or IPv6 address and port.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

/// "192.0.2.1:80", "[2001:db8::1]:80", or "192.0.2.1" with port 0. Dies on anything else.
Address parse_address(const std::string& text);

/// `base` with its IPv4 host part increased by `step`.
Address address_after(const Address& base, std::uint32_t step);

/// A listening non-blocking socket (SO_REUSEADDR, TCP_NODELAY inherited). Dies with a reason.
int listen_on(const Address& where, int backlog = 4096);

/// Starts a connection; `bind_to` may have length 0. Returns the socket, or -errno.
int start_connect(const Address& to, const Address& bind_to);

/// The error that a non-blocking connect ended with; 0: none.
int connect_error(int fd);

/// Accepts one connection, non-blocking; -1 when there is none.
int accept_one(int listener);

/// Closes with a reset instead of a FIN.
void close_with_reset(int fd);

/// epoll with a 64-bit tag per socket and a nanosecond timeout.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void add(int fd, std::uint32_t events, std::uint64_t tag) const;
  void change(int fd, std::uint32_t events, std::uint64_t tag) const;
  /// Waits at most until `deadline`; an interrupting signal ends the wait with no events.
  const std::vector<epoll_event>& wait(TimePoint deadline);

 private:
  int fd_;
  std::vector<epoll_event> events_;
};

}  // namespace tandem::tools
