#include "lbd/engine/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/assert.hpp"
#include "lbd/engine/system_calls.hpp"

namespace tandem::lbd {

bool Socket::adopt(int fd, Readiness initial) noexcept {
  TANDEM_ASSERT(fd_ < 0);
  if (loop_.ring() == nullptr && !loop_.add(*this, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return false;
  }
  fd_ = fd;
  ready_ = initial;
  interest_ = 0;
  if (loop_.ring() != nullptr) adopt_to_ring();
  return true;
}

void Socket::close() noexcept {
  if (fd_ < 0) return;
  leave_loop();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  ready_ = 0;
  interest_ = 0;
}

void Socket::reset() noexcept {
  if (fd_ < 0) return;
  if (path_ != Path::epoll) flush_queue();
  unsent_.reset();
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  close();
}

IoResult Socket::try_recv(std::span<std::byte> into) noexcept {
  if (!is(readable)) return {IoStatus::would_block, 0, 0};
  if (path_ != Path::epoll && (path_ != Path::direct || !held_.empty() || error_ != 0)) {
    return recv_from_ring(into);
  }
  const ssize_t got = system::recv(fd_, into.data(), into.size());
  if (got > 0 && static_cast<std::size_t>(got) < into.size() && !is(peer_closed | broken)) {
    ready_ &= static_cast<Readiness>(~readable);
    if (path_ == Path::direct) note_short_read(static_cast<std::size_t>(got));
  }
  return received(got);
}

IoResult Socket::received(ssize_t got) noexcept {
  if (got > 0) return {IoStatus::ok, 0, static_cast<std::size_t>(got)};
  if (got == 0) {
    ready_ |= peer_closed;
    return {IoStatus::eof, 0, 0};
  }
  if (errno == EAGAIN || errno == EINTR) {
    if (errno == EAGAIN) ready_ &= static_cast<Readiness>(~readable);
    return {IoStatus::would_block, 0, 0};
  }
  return {IoStatus::error, errno, 0};
}

IoResult Socket::try_send(std::span<const iovec> from, std::size_t total) noexcept {
  if (!may_send()) return {IoStatus::would_block, 0, 0};
  if (queue_send(from, total)) return {IoStatus::ok, 0, total};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());
  message.msg_iovlen = from.size();
  return sent(system::sendmsg(fd_, message), total);
}

IoResult Socket::try_send(std::span<const std::byte> from) noexcept {
  if (!may_send()) return {IoStatus::would_block, 0, 0};
  const iovec part{const_cast<std::byte*>(from.data()), from.size()};
  if (queue_send({&part, 1}, part.iov_len)) return {IoStatus::ok, 0, from.size()};
  return sent(system::send(fd_, from.data(), from.size()), from.size());
}

IoResult Socket::sent(ssize_t result, std::size_t wanted) noexcept {
  if (result >= 0) {
    const auto bytes = static_cast<std::size_t>(result);
    if (bytes < wanted) no_room();
    return {IoStatus::ok, 0, bytes};
  }
  if (errno == EAGAIN) {
    no_room();
    return {IoStatus::would_block, 0, 0};
  }
  if (errno == EINTR) return {IoStatus::would_block, 0, 0};
  return {IoStatus::error, errno, 0};
}

IoResult Socket::try_splice_from(Pipe& pipe, std::size_t most) noexcept {
  if (path_ != Path::epoll && !splice_is_direct()) return move_held(pipe, most);
  if (!is(readable)) return {IoStatus::would_block, 0, 0};
  const ssize_t got = system::splice(fd_, pipe.write_end(), most);
  if (got > 0) pipe.put(static_cast<std::size_t>(got));
  return received(got);
}

IoResult Socket::try_splice_to(Pipe& pipe) noexcept {
  if (!may_send()) return {IoStatus::would_block, 0, 0};
  const ssize_t put = system::splice(pipe.read_end(), fd_, pipe.held());
  TANDEM_ASSERT(put != 0);
  if (put > 0) pipe.taken(static_cast<std::size_t>(put));
  // Less than all may have other causes than a full socket: only EAGAIN says so.
  return sent(put, 0);
}

void Socket::no_room() noexcept {
  ready_ &= static_cast<Readiness>(~writable);
  if (path_ != Path::epoll) rearm_poll();
}

void Socket::shutdown_send() noexcept {
  if (path_ != Path::epoll) flush_queue();
  if (unsent_) {
    unsent_->shutdown_after();
  } else {
    ::shutdown(fd_, SHUT_WR);
  }
}

int Socket::take_error() const noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void Socket::on_events(std::uint32_t events) {
  Readiness now = ready_;
  if ((events & EPOLLIN) != 0) now |= readable;
  if ((events & EPOLLOUT) != 0) now |= writable;
  if ((events & EPOLLRDHUP) != 0) now |= readable | peer_closed;
  if ((events & EPOLLHUP) != 0) now |= readable | writable | peer_closed;
  if ((events & EPOLLERR) != 0) now |= readable | writable | broken;
  tell(now);
}

void Socket::tell(Readiness now) {
  ready_ = now;
  if ((now & interest_) == 0) return;
  interest_ = 0;
  target_->wake();  // may destroy this socket
}

}  // namespace tandem::lbd
