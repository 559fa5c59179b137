// vrrpd's control socket: doc/protocols/control.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/config/load.hpp"
#include "common/io/http_server.hpp"
#include "vrrpd/io/maintenance_switch.hpp"
#include "vrrpd/io/node_status.hpp"

namespace tandem::vrrp {

struct ReloadOutcome {
  bool changed = false;
  std::uint64_t generation = 0;
  std::vector<config::Diagnostic> diagnostics{};  // not empty: refused, the running configuration is kept
};

/// What the daemon does for its operator.
struct Operations {
  std::function<NodeStatus()> status;
  /// False if there is no such virtual address; else `reply` is called once.
  std::function<bool(const std::string& virtual_address, const FailoverRequest& request,
                     std::function<void(const FailoverOutcome&)> reply)>
      fail_over;
  std::function<void(const MaintenanceRequest& request, MaintenanceSwitch::Reply reply)> set_maintenance;
  std::function<ReloadOutcome()> reload;
};

class ControlApi {
 public:
  /// Registers its routes. `this` and what `operations` refer to must outlive the server.
  ControlApi(io::HttpServer& server, Operations operations);
  ControlApi(const ControlApi&) = delete;
  ControlApi& operator=(const ControlApi&) = delete;

  /// The status changed: a line to each open stream.
  void publish();

 private:
  void fail_over(const io::HttpRequest& request, const io::HttpServer::Respond& respond);
  void set_maintenance(const io::HttpRequest& request, const io::HttpServer::Respond& respond);
  [[nodiscard]] io::HttpResponse reload() const;

  Operations operations_;
  std::vector<std::shared_ptr<io::LineStream>> streams_;
};

}  // namespace tandem::vrrp
