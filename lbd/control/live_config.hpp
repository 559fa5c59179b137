// What the configuration has been turned into: sockets, workers, health checks, access log. One at a time.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/config/model.hpp"
#include "common/io/event_log.hpp"
#include "common/io/http_server.hpp"
#include "lbd/control/access_log.hpp"
#include "lbd/control/backend_board.hpp"
#include "lbd/control/health_checker.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/control/listen_sockets.hpp"
#include "lbd/control/worker_pool.hpp"

namespace tandem::lbd {

/// Control thread only. Life: construct, apply() with the first configuration, apply() at each reload,
/// stop_listening() when leaving, stop().
class LiveConfig {
 public:
  struct Environment {
    std::string node;
    std::uint32_t workers = 1;
    config::Engine engine = config::Engine::automatic;
    ControlSink& sink;       // outlives this
    io::EventLog& events;    // outlives this
    io::HttpServer::Handler metrics;          // answers GET /metrics
    std::function<void()> on_health_change;   // after each verdict
  };
  LiveConfig(boost::asio::io_context& io, Environment environment);

  /// All or nothing: everything that can fail (sockets, access log, metrics address) is opened first; after an error
  /// all is as before. The first call starts the workers.
  [[nodiscard]] Result<> apply(const config::Config& next);

  /// For log rotation: the same destination, opened anew. apply() does it too.
  [[nodiscard]] Result<> reopen_access_log() { return access_log_.open(config_.log.access_log); }

  /// A worker runs that generation: once all run the present one, sockets that it does not use are closed.
  void applied(const SnapshotApplied& message);

  /// A worker has started: the first one's engine is logged, and every refusal.
  void started(const EngineInUse& message);
  /// "io_uring", "epoll", or "mixed" if some worker was refused what others got; empty before they have started.
  [[nodiscard]] std::string_view engine() const { return engine_; }

  /// The workers let go of all listeners (whose sockets are closed then) and finish what they have.
  void stop_listening();
  /// Ends health checks, workers and access log.
  void stop();

  [[nodiscard]] const config::Config& config() const { return config_; }
  /// Counts applied configurations, from 1.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] TimePoint applied_at() const { return applied_at_; }

  [[nodiscard]] IdRegistry& ids() { return ids_; }
  [[nodiscard]] BackendBoard& board() { return board_; }
  [[nodiscard]] const BackendBoard& board() const { return board_; }
  [[nodiscard]] WorkerPool& workers() { return workers_; }
  [[nodiscard]] const WorkerPool& workers() const { return workers_; }
  [[nodiscard]] HealthChecker& health() { return health_; }
  [[nodiscard]] const HealthChecker& health() const { return health_; }
  [[nodiscard]] const AccessLog& access_log() const { return access_log_; }

 private:
  Result<> open_everything(const config::Config& next);
  void run_by(SnapshotPtr snapshot);
  void close_unused_sockets();
  void on_verdict(BackendId backend, Availability::Health health, std::string_view reason);

  boost::asio::io_context& io_;
  Environment environment_;
  config::Config config_;
  std::uint64_t generation_ = 0;
  TimePoint applied_at_;
  SnapshotPtr snapshot_;                      // what the workers were last told
  std::uint64_t snapshot_generation_ = 0;     // counts every snapshot, also the last one without listeners
  std::string_view engine_;
  std::vector<std::uint64_t> acknowledged_;   // by worker: the latest snapshot it runs

  IdRegistry ids_;
  BackendBoard board_;
  ListenSockets sockets_;
  WorkerPool workers_;
  HealthChecker health_;
  AccessLog access_log_;
  std::unique_ptr<io::HttpServer> metrics_server_;  // over TCP; may be none
};

}  // namespace tandem::lbd
