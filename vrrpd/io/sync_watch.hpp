// What this node's syncd says: is the peer connected, do both have the same tables.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

#include "common/io/http_client.hpp"

namespace tandem::vrrp {

struct SyncStatus {
  bool available = false;  // syncd runs and answers
  bool in_sync = false;
  bool peer_connected = false;
  std::string reason = "syncd has not been heard yet";  // of in_sync, as syncd gives it
  bool operator==(const SyncStatus&) const = default;
};

class SyncWatch {
 public:
  /// `on_change` runs on the io thread, the moment the status changes.
  SyncWatch(boost::asio::io_context& io, const std::string& run_dir, std::function<void()> on_change);
  void start() { watcher_.start(); }
  void stop() { watcher_.stop(); }
  [[nodiscard]] const SyncStatus& status() const { return status_; }

 private:
  void take(SyncStatus status);

  SyncStatus status_;
  std::function<void()> on_change_;
  io::LineWatcher watcher_;
};

}  // namespace tandem::vrrp
