#include "lbd/engine/acceptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lbd/engine/sockaddr.hpp"

namespace tandem::lbd {

FdReserve::~FdReserve() {
  if (fd_ >= 0) ::close(fd_);
}

void FdReserve::refill() noexcept {
  if (fd_ < 0) fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool FdReserve::shed_one(int listening_fd) noexcept {
  refill();
  if (fd_ < 0) return false;
  ::close(fd_);
  fd_ = -1;
  const int accepted = ::accept4(listening_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) ::close(accepted);
  refill();
  return accepted >= 0;
}

Acceptor::Acceptor(Loop& loop, int listening_fd, FdReserve& reserve, AcceptHandler& handler)
    : loop_(loop), fd_(listening_fd), reserve_(reserve), handler_(handler) {
  // Level-triggered: what one batch leaves is reported again.
  if (!loop_.add(*this, fd_, EPOLLIN)) handler_.on_accept_error(errno);
}

Acceptor::~Acceptor() {
  loop_.remove(*this, fd_);
}

void Acceptor::on_events(std::uint32_t) { accept_waiting(); }

void Acceptor::accept_waiting() {
  for (int i = 0; i < batch; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int accepted =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      handler_.on_accepted(accepted, from_sockaddr(peer));
      continue;
    }
    const int error = errno;
    if (error == EAGAIN) return;
    // The peer gave up while it waited in the queue; the next one may be fine.
    if (error == ECONNABORTED || error == EINTR || error == EPROTO) continue;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) return run_dry(error);
    handler_.on_accept_error(error);
    loop_.modify(*this, fd_, 0);
    loop_.timers().arm(*this, loop_.now() + rest);
    return;
  }
}

void Acceptor::run_dry(int error) {
  // Without a free descriptor accept4 fails whether or not somebody waits.
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, 0) <= 0) return;
  handler_.on_accept_error(error);
  // What the owner could free is used on the next turn; otherwise those who wait are told at once
  // by a close, not left hanging, and we rest.
  if (handler_.on_exhausted()) return;
  for (int i = 0; i < batch && reserve_.shed_one(fd_); ++i) handler_.on_shed();
  loop_.modify(*this, fd_, 0);
  loop_.timers().arm(*this, loop_.now() + rest);
}

void Acceptor::on_expired() { loop_.modify(*this, fd_, EPOLLIN); }

}  // namespace tandem::lbd
