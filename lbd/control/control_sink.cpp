#include "lbd/control/control_sink.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace tandem::lbd {
namespace {

constexpr std::size_t max_waiting = 65536;

bool is_hint(const ControlMessage& message) {
  return std::holds_alternative<StickyLearned>(message) || std::holds_alternative<BackendFailed>(message);
}

}  // namespace

Result<> QueueSink::start(OnMessage on_message) {
  on_message_ = std::move(on_message);
  eventfd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (eventfd_ < 0) return errno_error("cannot create an eventfd", errno);
  wakeup_.assign(eventfd_);
  wait();
  return {};
}

void QueueSink::stop() {
  boost::system::error_code ignored;
  wakeup_.cancel(ignored);
}

void QueueSink::post(ControlMessage message) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_waiting && is_hint(message)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    wake = queue_.empty();  // otherwise the control thread has been woken and has not come yet
    queue_.push_back(std::move(message));
  }
  if (!wake) return;
  const std::uint64_t one = 1;
  // Fails only when the counter is about to overflow, and then the reader has been woken.
  [[maybe_unused]] const ssize_t written = ::write(eventfd_, &one, sizeof(one));
}

void QueueSink::wait() {
  wakeup_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       deliver();
                       wait();
                     });
}

void QueueSink::deliver() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(eventfd_, &count, sizeof(count));
  std::vector<ControlMessage> messages;
  {
    const std::lock_guard lock(mutex_);
    messages.swap(queue_);
  }
  for (const auto& message : messages) on_message_(message);
}

}  // namespace tandem::lbd
