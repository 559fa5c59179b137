// Takes a node out of service and back: first every address that it owns moves to the peer (make before break), then
// it is unfit for all of them.
//
// Owned by the daemon, io thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/io/event_log.hpp"
#include "vrrpd/io/instances.hpp"
#include "vrrpd/io/maintenance.hpp"

namespace tandem::vrrp {

struct MaintenanceRequest {
  bool on = false;
  std::string reason{};
  bool force = false;  // even if an address then has no owner
};

/// status 200: it is as asked for; else an HTTP status with a reason, and the node stays in service.
struct MaintenanceOutcome {
  int status = 200;
  bool changed = false;
  std::vector<std::string> moved{};  // virtual addresses that the peer has now
  std::string error{};
  std::string hint{};
};

class MaintenanceSwitch {
 public:
  using Reply = std::function<void(const MaintenanceOutcome&)>;

  /// `run_dir`: where maintenance is remembered (Maintenance). `instances`: those in service; they and `events` outlive
  /// this. `on_change`: status() is another one.
  MaintenanceSwitch(const std::string& run_dir, std::string node, io::EventLog& events,
                    const Instances& instances, std::function<void()> on_change);

  [[nodiscard]] const MaintenanceStatus& status() const { return maintenance_.status(); }

  /// `reply` is called once. Refused with 409 while the peer cannot take over an address that this node owns.
  void set(const MaintenanceRequest& request, Reply reply);

 private:
  struct Evacuation {
    MaintenanceRequest request;
    Reply reply;
    std::size_t waiting = 0;
    MaintenanceOutcome outcome;
  };

  void leave(const Reply& reply);
  void evacuate(const MaintenanceRequest& request, Reply reply);
  void moved(const std::string& name, const FailoverOutcome& outcome);
  void finish();
  /// Of a sync group the first one, with which the others move.
  [[nodiscard]] std::vector<Instance*> owned() const;

  std::string node_;
  Maintenance maintenance_;
  io::EventLog& events_;
  const Instances& instances_;
  std::function<void()> on_change_;
  std::optional<Evacuation> evacuation_;
};

}  // namespace tandem::vrrp
