#include "lbd/engine/unsent.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lbd/engine/system_calls.hpp"

namespace tandem::lbd {

Unsent::~Unsent() {
  if (loop_ == nullptr) return;
  loop_->ring()->cancel(slot_, RingOp::poll);
  if (loop_->ring()->has_queued(slot_)) loop_->ring()->submit();
  loop_->ring()->close_slot(slot_);
  // Not all has been sent: the peer must not take it for the end.
  const linger abort{.l_onoff = 1, .l_linger = 0};
  if (sent_ < bytes_.size()) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(fd_);
}

bool Unsent::flush(int fd) noexcept {
  const ssize_t result = system::send(fd, bytes_.data() + sent_, bytes_.size() - sent_);
  if (result > 0) sent_ += static_cast<std::size_t>(result);
  if (result < 0 && errno != EAGAIN && errno != EINTR) error_ = errno;
  if (sent_ < bytes_.size()) return error_ != 0;
  if (shutdown_) ::shutdown(fd, SHUT_WR);
  return true;
}

void Unsent::go_on_alone(Loop& loop, IoRing::Slot slot, int fd) {
  loop_ = &loop;
  slot_ = slot;
  fd_ = fd;
  loop_->ring()->move_slot(slot_, *this);
  loop_->ring()->arm_poll(slot_, fd_, EPOLLOUT, false);
  loop_->keep(*this);
  loop_->timers().arm(*this, loop_->now() + patience);
}

void Unsent::on_completion(const Completion& completion) {
  if (completion.buffer != RingBuffers::none) loop_->ring()->buffers().give_back(completion.buffer);
  // What the socket had begun ends as cancelled.
  if (completion.op != RingOp::poll || completion.result == -ECANCELED) return;
  if (flush(fd_)) {
    delete this;
    return;
  }
  loop_->ring()->arm_poll(slot_, fd_, EPOLLOUT, false);
}

void Unsent::on_expired() { delete this; }

}  // namespace tandem::lbd
