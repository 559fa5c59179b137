// Where the workers leave word for the control thread: a locked queue and an eventfd that Asio waits on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "common/base/result.hpp"
#include "lbd/runtime/worker.hpp"

namespace tandem::lbd {

/// post() on any thread; everything else on the control thread. Outlives the workers.
class QueueSink final : public ControlSink {
 public:
  using OnMessage = std::function<void(const ControlMessage&)>;

  explicit QueueSink(boost::asio::io_context& io) : wakeup_(io) {}

  /// Opens the eventfd and calls `on_message` for everything posted, in order, until stop().
  [[nodiscard]] Result<> start(OnMessage on_message);
  void stop();

  /// Hints (StickyLearned, BackendFailed) beyond 65536 waiting messages are dropped and counted, so that a control
  /// thread that is behind costs stickiness across nodes and not memory. Acknowledgements are never dropped.
  void post(ControlMessage message) override;

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void wait();
  void deliver();

  boost::asio::posix::stream_descriptor wakeup_;
  int eventfd_ = -1;  // owned by wakeup_; posting threads only write to it
  OnMessage on_message_;
  std::mutex mutex_;
  std::vector<ControlMessage> queue_;  // under mutex_
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace tandem::lbd
