#include "lbd/engine/system_calls.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lbd/engine/sanitized.hpp"

namespace tandem::lbd::system {

// Sanitizers must see the memory that the kernel reads and writes: they know the wrappers only.
#if TANDEM_SANITIZED

ssize_t recv(int fd, void* into, std::size_t size) noexcept { return ::recv(fd, into, size, 0); }
ssize_t send(int fd, const void* from, std::size_t size) noexcept { return ::send(fd, from, size, MSG_NOSIGNAL); }
ssize_t sendmsg(int fd, const msghdr& message) noexcept { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }

#else

ssize_t recv(int fd, void* into, std::size_t size) noexcept {
  return ::syscall(SYS_recvfrom, fd, into, size, 0, nullptr, nullptr);
}
ssize_t send(int fd, const void* from, std::size_t size) noexcept {
  return ::syscall(SYS_sendto, fd, from, size, MSG_NOSIGNAL, nullptr, 0);
}
ssize_t sendmsg(int fd, const msghdr& message) noexcept {
  return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

#endif

ssize_t splice(int from, int to, std::size_t most) noexcept {
  return ::splice(from, nullptr, to, nullptr, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
}

}  // namespace tandem::lbd::system
