// A queue into a loop from other threads: a locked list and an eventfd.
//
// Made for control messages, a few per second up to some thousands: the loop takes the lock once
// per wake-up, and never on behalf of a request.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"
#include "lbd/engine/loop.hpp"

namespace tandem::lbd {

template <class Message>
class Mailbox final : public EventSource {
 public:
  /// `deliver` is called on the loop's thread, in the order of post().
  Mailbox(Loop& loop, std::function<void(Message)> deliver)
      : loop_(loop), deliver_(std::move(deliver)), fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    TANDEM_ASSERT(fd_ >= 0);
    const bool added = loop_.add(*this, fd_, EPOLLIN | EPOLLET);
    TANDEM_ASSERT(added);
  }
  ~Mailbox() {
    loop_.forget(*this);
    ::close(fd_);
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// From any thread, as long as the mailbox lives.
  void post(Message message) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = queue_.empty();
      queue_.push_back(std::move(message));
    }
    if (!wake) return;
    const std::uint64_t one = 1;
    // Cannot fail usefully: the counter only saturates after 2^64 unread wake-ups.
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }

  void on_events(std::uint32_t) override {
    std::vector<Message> messages;
    {
      const std::lock_guard lock(mutex_);
      messages.swap(queue_);
    }
    // Edge-triggered: the counter need not be read, the next write is a new edge.
    for (Message& message : messages) deliver_(std::move(message));
  }

 private:
  Loop& loop_;
  std::function<void(Message)> deliver_;
  int fd_;
  std::mutex mutex_;
  std::vector<Message> queue_;
};

}  // namespace tandem::lbd
