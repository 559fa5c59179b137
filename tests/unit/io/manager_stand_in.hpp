// A service manager that only listens: NOTIFY_SOCKET for as long as it lives.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/io/unique_fd.hpp"
#include "tests/support/io_fixture.hpp"

namespace tandem::io::testing {

class ManagerStandIn {
 public:
  ManagerStandIn() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ManagerStandIn(const ManagerStandIn&) = delete;
  ManagerStandIn& operator=(const ManagerStandIn&) = delete;
  ~ManagerStandIn() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }

  /// The next message; empty if none comes in time.
  std::string heard(int milliseconds = 0) {
    pollfd poll_for{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&poll_for, 1, milliseconds) != 1) return {};
    std::array<char, 256> buffer{};
    const auto size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  TemporaryDirectory directory;
  std::string path = directory.file("notify");

 private:
  UniqueFd fd_;
};

}  // namespace tandem::io::testing
