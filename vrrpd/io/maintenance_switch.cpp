#include "vrrpd/io/maintenance_switch.hpp"

#include <fmt/core.h>

#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

MaintenanceOutcome refused(int status, std::string error, std::string hint) {
  return {.status = status, .error = std::move(error), .hint = std::move(hint)};
}

}  // namespace

MaintenanceSwitch::MaintenanceSwitch(const std::string& run_dir, std::string node, io::EventLog& events,
                                     const Instances& instances,
                                     std::function<void()> on_change)
    : node_(std::move(node)),
      maintenance_(run_dir),
      events_(events),
      instances_(instances),
      on_change_(std::move(on_change)) {
  if (status().on) log::warning("{}; this node owns no address until `lbctl maintenance off`", describe(status()));
}

void MaintenanceSwitch::set(const MaintenanceRequest& request, Reply reply) {
  if (evacuation_) return reply(refused(409, "the addresses are being moved away for maintenance already", ""));
  if (request.on) evacuate(request, std::move(reply));
  else leave(reply);
}

void MaintenanceSwitch::leave(const Reply& reply) {
  const bool was_on = maintenance_.status().on;
  if (auto left = maintenance_.leave(); !left) return reply(refused(500, left.error().message, ""));
  if (was_on) {
    events_.add("maintenance_off", node_, "back in service by the operator");
    on_change_();
  }
  reply({.changed = was_on});
}

std::vector<Instance*> MaintenanceSwitch::owned() const {
  std::vector<Instance*> owned;
  for (const auto& instance : instances_.in_service()) {
    if (instance->state() == State::active && instance->leads()) owned.push_back(instance.get());
  }
  return owned;
}

void MaintenanceSwitch::evacuate(const MaintenanceRequest& request, Reply reply) {
  const std::vector<Instance*> owned = this->owned();
  // All or nothing: no address moves if it is known that another one cannot.
  for (const Instance* instance : owned) {
    const auto obstacle = instance->failover_obstacle({.to = instance->config().peer.name, .force = request.force});
    if (!obstacle || request.force) continue;
    return reply(refused(409, fmt::format("{}: {}", instance->name(), obstacle->error),
                         "repair that, or use --force: addresses that the peer does not take then have no owner"));
  }
  // One more, so that answers that come at once do not end it before all are asked.
  evacuation_ = Evacuation{.request = request, .reply = std::move(reply), .waiting = owned.size() + 1, .outcome = {}};
  for (Instance* instance : owned) {
    instance->fail_over({.to = instance->config().peer.name, .force = request.force},
                        [this, name = instance->name()](const FailoverOutcome& outcome) { moved(name, outcome); });
  }
  finish();
}

void MaintenanceSwitch::moved(const std::string& name, const FailoverOutcome& outcome) {
  if (outcome.status == 200) {
    auto& moved = evacuation_->outcome.moved;
    moved.push_back(name);
    moved.insert(moved.end(), outcome.with.begin(), outcome.with.end());
  } else if (evacuation_->outcome.error.empty()) {
    evacuation_->outcome.error = fmt::format("{}: {}", name, outcome.error);
  }
  finish();
}

// Once for each answer, and once for the question.
void MaintenanceSwitch::finish() {
  if (--evacuation_->waiting > 0) return;
  const Evacuation done = std::move(*evacuation_);
  evacuation_.reset();
  MaintenanceOutcome outcome = done.outcome;
  if (!outcome.error.empty() && !done.request.force) {
    outcome.status = 409;
    outcome.hint = outcome.moved.empty() ? "see lbctl status on the peer, or use --force"
                                         : "what has moved stays there until lbctl failover";
    return done.reply(outcome);
  }
  outcome.error.clear();
  const bool was_on = maintenance_.status().on;
  if (auto entered = maintenance_.enter(done.request.reason); !entered) {
    return done.reply(refused(500, entered.error().message, "the node stays in service"));
  }
  outcome.changed = !was_on;
  events_.add(was_on ? "maintenance_reason" : "maintenance_on", node_, describe(maintenance_.status()));
  on_change_();
  done.reply(outcome);
}

}  // namespace tandem::vrrp
