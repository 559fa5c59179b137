// syncd put together: the Replicator, its link, its feed, its control socket, its signals. One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "common/io/daemon.hpp"
#include "common/io/event_log.hpp"
#include "common/io/http_server.hpp"
#include "common/io/signals.hpp"
#include "common/io/watchdog.hpp"
#include "syncd/core/replicator.hpp"
#include "syncd/io/feed_server.hpp"
#include "syncd/io/peer_link.hpp"

namespace tandem::sync {

/// What syncd takes from the configuration, with the key file read. The error is for the operator.
Result<LinkConfig> make_link_config(const config::Config& config, const std::string& node);

class Daemon {
 public:
  Daemon(const io::DaemonOptions& options, const LinkConfig& link);

  /// Serves until SIGTERM or SIGINT; the error is why it could not start.
  Result<> run();

 private:
  Result<> start();
  void serve_control();
  void tick();
  void schedule_tick();
  void after_change();
  void note_state();
  void note_refused();
  void reload();
  Result<> apply_reload();
  void begin_stop();
  void finish_stop_if_flushed();
  [[nodiscard]] std::string status() const;

  io::DaemonOptions options_;
  LinkConfig link_config_;
  TimePoint started_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_;
  io::Watchdog watchdog_;
  io::EventLog events_;
  Replicator replicator_;
  io::HttpServer control_;
  FeedServer feed_;
  PeerLink link_;
  std::unique_ptr<io::Signals> signals_;
  std::vector<std::shared_ptr<io::LineStream>> status_streams_;
  // As announced last.
  bool was_connected_ = false;
  InSync was_in_sync_;
  std::uint64_t refused_logged_ = 0;
  TimePoint peer_since_;
  // Leaving: no longer than until then.
  bool stopping_ = false;
  bool finished_ = false;
  TimePoint stop_deadline_;
};

}  // namespace tandem::sync
