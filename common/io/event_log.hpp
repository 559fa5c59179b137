// What happened, for `lbctl events`: the last 256 events in a ring, and a stream for who listens.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/http_server.hpp"

namespace tandem::io {

/// Owned by a daemon's main, used on its io thread.
class EventLog {
 public:
  EventLog(std::string node, std::string daemon);

  /// Records an event, with CLOCK_MONOTONIC now, sends it to the open streams and logs it at info level.
  /// `details` are extra string fields.
  void add(std::string_view event, std::string_view subject, std::string_view cause,
           const std::vector<std::pair<std::string, std::string>>& details = {});

  /// Registers GET /v1/events (the ring) and GET /v1/events/stream. `this` must outlive the server.
  void serve(HttpServer& server);

 private:
  std::string node_;
  std::string daemon_;
  std::deque<std::string> recent_;  // at most 256 JSON lines
  std::vector<std::shared_ptr<LineStream>> streams_;
};

}  // namespace tandem::io
