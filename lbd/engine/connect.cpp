#include "lbd/engine/connect.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lbd/engine/sockaddr.hpp"

namespace tandem::lbd {

int start_connect(Socket& socket, const Endpoint& to) noexcept {
  sockaddr_storage storage{};
  const socklen_t length = to_sockaddr(to, storage);
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return error;
  }
  return socket.adopt(fd, 0) ? 0 : errno;
}

Task<IoResult> connect(Waiter& waiter, Socket& socket, Endpoint to, TimePoint deadline) {
  const int refused = start_connect(socket, to);
  if (refused != 0) co_return IoResult{IoStatus::error, refused, 0};
  Wake woken = Wake::interrupted;
  while (woken == Wake::interrupted) woken = co_await wait(waiter, socket, writable | broken, deadline);
  if (woken == Wake::ready && !socket.is(broken)) co_return IoResult{};
  IoResult result{IoStatus::timeout, 0, 0};
  if (woken == Wake::cancelled) result.status = IoStatus::cancelled;
  if (woken == Wake::ready) result = {IoStatus::error, socket.take_error(), 0};
  socket.close();
  co_return result;
}

}  // namespace tandem::lbd
