// lbd's part of the control interface: the endpoints of doc/protocols/control.md.
#pragma once

#include <functional>
#include <string>

#include "common/base/time.hpp"
#include "common/io/http_server.hpp"
#include "lbd/control/live_config.hpp"
#include "lbd/control/overrides.hpp"
#include "lbd/control/readiness_feed.hpp"
#include "lbd/control/reloader.hpp"

namespace tandem::lbd {

/// What the endpoints show and steer; all of it outlives the server.
struct AdminContext {
  std::string node;
  TimePoint started;
  LiveConfig& live;
  Overrides& overrides;
  Reloader& reloader;
  ReadinessFeed& readiness;
  std::function<bool()> sync_connected;
};

/// Registers status, drain, enable, weight and reload. Call before listen_unix().
void serve_admin_api(io::HttpServer& server, AdminContext context);

}  // namespace tandem::lbd
