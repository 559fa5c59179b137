// The control thread of lbd, assembled: what starts when, who hears of what, and how it all ends.
//
//   LiveConfig      configuration turned into sockets, workers, health checks, access log
//   Reloader        replaces it;  Overrides  changes weights and drains beside it
//   StickySync, CookieKeys, Overrides   speak to the peer through one ReplicaClient (with a cluster only)
//   ReadinessFeed   tells vrrpd whether this node may have traffic
//   HttpServer      serves all of that on RUN-DIR/lbd.sock
#pragma once

#include <memory>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "common/io/daemon.hpp"

namespace tandem::lbd {

/// One per process; everything happens on the thread that calls run().
class Control {
 public:
  /// `config` was loaded from options.config_file and is usable.
  Control(const io::DaemonOptions& options, const config::Config& config);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Opens everything and runs until SIGTERM or SIGINT has been carried out: then an empty result. An error means
  /// that lbd could not start.
  [[nodiscard]] Result<> run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::lbd
