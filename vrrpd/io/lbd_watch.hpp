// Whether this node's lbd lives and is ready: its readiness stream, whose end is its death, and whose silence means that
// it is frozen or starved (an lbd that announces heartbeat_ms says something at least that often). The stream of a dying
// lbd ends late, after thousands of connections; its lifeline (RUN-DIR/lbd.lifeline) ends first.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/io/http_client.hpp"
#include "common/io/lifeline.hpp"
#include "vrrpd/io/fd_watch.hpp"

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
  /// Five heartbeats, and 500 ms at least: a busy machine is no frozen lbd.
  static Duration patience(Duration heartbeat);
  [[nodiscard]] const LbdStatus& status() const { return status_; }

 private:
  void take(LbdStatus status);
  void heard(std::string_view line);
  void lost(std::string_view reason);
  void watch_lifeline();
  void lifeline_ended();
  void expect(TimePoint by, Duration wait);
  void expect_nothing();
  void on_silence(TimePoint expected, Duration wait);

  /// Of the lbd that speaks on the stream.
  enum class Life { unknown, watched, ended };

  boost::asio::io_context& io_;
  const std::string lifeline_path_;
  LbdStatus status_;
  std::function<void()> on_change_;
  Life life_ = Life::unknown;
  std::optional<io::LifelineWatch> lifeline_;
  std::unique_ptr<FdWatch> lifeline_end_;
  std::optional<TimePoint> expected_by_;  // the next line; nullopt: at no time
  boost::asio::steady_timer silence_;
  io::LineWatcher watcher_;
};

}  // namespace tandem::vrrp
