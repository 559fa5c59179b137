// Calls back whenever a file descriptor is readable.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

#include "common/base/time.hpp"

namespace tandem::vrrp {

class FdWatch {
 public:
  /// `fd` stays the caller's and must outlive this object. `on_readable` runs on the io thread; it must
  /// read until nothing is left or be content to be called again at once. It may destroy the FdWatch.
  FdWatch(boost::asio::io_context& io, int fd, std::function<void()> on_readable);
  ~FdWatch();
  /// From within on_readable: what comes during `duration` is reported together, after it. Holds once.
  void pause(Duration duration);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::vrrp
