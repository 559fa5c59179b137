// Whether this node's lbd lives and is ready: its readiness stream, whose end is its death.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

#include "common/io/http_client.hpp"

namespace tandem::vrrp {

struct LbdStatus {
  bool connected = false;
  bool ready = false;
  std::string reason = "lbd has not been heard yet";  // why it is not ready; empty if it is
  bool operator==(const LbdStatus&) const = default;
};

class LbdWatch {
 public:
  /// `on_change` runs on the io thread, the moment the status changes.
  LbdWatch(boost::asio::io_context& io, const std::string& run_dir, std::function<void()> on_change);
  void start() { watcher_.start(); }
  void stop() { watcher_.stop(); }
  [[nodiscard]] const LbdStatus& status() const { return status_; }

 private:
  void take(LbdStatus status);

  LbdStatus status_;
  std::function<void()> on_change_;
  io::LineWatcher watcher_;
};

}  // namespace tandem::vrrp
