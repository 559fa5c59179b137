#include "tests/unit/lbd/engine/socket_faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>

#include "lbd/engine/system_calls.hpp"

namespace {

SocketFaults* active = nullptr;

struct Registration {
  int epoll_fd;
  epoll_event event;
};
std::map<int, Registration>& registrations() {
  static std::map<int, Registration> all;
  return all;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::uint64_t draw() {
  active->state = active->state * 6364136223846793005ULL + 1442695040888963407ULL;
  return active->state >> 33;
}

/// The kernel's part of the bargain after a faked refusal: report the descriptor once more. False: with
/// io_uring it cannot be asked to, so nothing may be faked.
bool promise_edge(int fd) {
  const auto found = registrations().find(fd);
  if (found == registrations().end()) return false;
  epoll_event event = found->second.event;
  return next<decltype(::epoll_ctl)>("epoll_ctl")(found->second.epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

/// How many of `size` bytes this call may move; -1: EAGAIN.
ssize_t allowance(int fd, std::size_t size) {
  ++active->calls;
  if (active->state == 0) return static_cast<ssize_t>(size);
  const auto dice = draw() % 4;
  if (dice == 0 && promise_edge(fd)) {
    errno = EAGAIN;
    return -1;
  }
  if (dice == 1 && size > 1 && promise_edge(fd)) {
    return static_cast<ssize_t>(1 + draw() % (size - 1));
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

SocketFaults::SocketFaults(unsigned seed) : state(seed) { active = this; }
SocketFaults::~SocketFaults() { active = nullptr; }

extern "C" {

int epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) noexcept {
  static auto* const real = next<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (operation == EPOLL_CTL_ADD) registrations()[fd] = {epoll_fd, *event};
  return real(epoll_fd, operation, fd, event);
}

}  // extern "C"

// Takes the place of lbd/engine/system_calls.cpp.
namespace tandem::lbd::system {

ssize_t recv(int fd, void* into, std::size_t size) noexcept {
  const ssize_t allowed = active == nullptr ? static_cast<ssize_t>(size) : allowance(fd, size);
  return allowed < 0 ? -1 : ::recv(fd, into, static_cast<std::size_t>(allowed), 0);
}

ssize_t send(int fd, const void* from, std::size_t size) noexcept {
  const ssize_t allowed = active == nullptr ? static_cast<ssize_t>(size) : allowance(fd, size);
  return allowed < 0 ? -1 : ::send(fd, from, static_cast<std::size_t>(allowed), MSG_NOSIGNAL);
}

ssize_t sendmsg(int fd, const msghdr& message) noexcept { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }

// No EAGAIN is faked here: which of the two descriptors it would be about is for the caller to know.
ssize_t splice(int from, int to, std::size_t most) noexcept {
  std::size_t allowed = most;
  if (active != nullptr && ++active->calls && active->state != 0 && draw() % 2 == 0) allowed = 1 + draw() % most;
  return ::splice(from, nullptr, to, nullptr, allowed, SPLICE_F_NONBLOCK);
}

}  // namespace tandem::lbd::system
