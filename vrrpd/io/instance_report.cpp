// What an operator is told of one virtual address: events, hooks, and why.
#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration conflict_event_pause = std::chrono::seconds(1);

// What the other node said, or the operator: one member heard it for all.
bool is_heard(Cause cause) {
  switch (cause) {
    case Cause::adverts_missed:
    case Cause::priority_zero:
    case Cause::owner_unfit:
    case Cause::preempting:
    case Cause::forced:
    case Cause::failover:
    case Cause::higher_priority:
    case Cause::tie_lost: return true;
    case Cause::startup:
    case Cause::nobody_took_over:
    case Cause::late:
    case Cause::voted:
    case Cause::fault:
    case Cause::stopping: break;
  }
  return false;
}

}  // namespace

void Instance::report(const Action& action) {
  const TimePoint now = io::now();
  if (action.kind == Action::Kind::conflict && now >= last_conflict_event_ + conflict_event_pause) {
    last_conflict_event_ = now;
    context_.events.add("conflict", name(), fmt::format("{} claims the address too, with priority {}; told to go",
                                                        peer_ ? peer_->name : "another node",
                                                        peer_ ? peer_->priority : 0));
  }
  if (action.kind == Action::Kind::drop_addresses) context_.events.add("released", name(), "addresses removed");
  if (action.kind != Action::Kind::entered) return;

  since_ = now;
  cause_ = cause_text(action, now);
  if (action.cause == Cause::late) ++counters_.late;
  ++counters_.entered[static_cast<std::size_t>(action.to)];
  const bool started = action.cause == Cause::startup;
  const bool stopped = action.cause == Cause::stopping;
  const char* event = action.to == State::active   ? "active"
                      : action.to == State::backup ? (started ? "startup" : "backup")
                                                   : (stopped ? "stopped" : "fault");
  if (hook_) {
    hook_->tell({.state = started ? "backup" : event, .cause = std::string(to_string(action.cause)),
                 .priority = router_.priority()});
  }
  std::vector<std::pair<std::string, std::string>> fields = {{"from", std::string(to_string(action.from))},
                                                             {"reason", std::string(to_string(action.cause))},
                                                             {"priority", std::to_string(router_.priority())}};
  if (!config_.group.empty()) fields.emplace_back("sync_group", config_.virtual_address.sync_group);
  context_.events.add(event, name(), cause_, std::move(fields));
}

std::string Instance::cause_text(const Action& action, TimePoint now) const {
  const Instance& led_by = group_->led_by();
  if (&led_by == this || !is_heard(action.cause)) return explain(action.cause, situation(), now);
  return fmt::format("with {}: {}", led_by.name(), explain(action.cause, led_by.situation(), now));
}

std::string Instance::fault_text() const {
  if (router_.fault() == Fault::tracked) return tracked_.why_not();
  if (router_.fault() == Fault::sync_group) return group_fault_text();
  return explain(router_.fault(), interface_.name(), context_.lbd, context_.maintenance);
}

std::string Instance::group_fault_text() const {
  const auto text = [](const Instance& member) {
    const bool usable = member.interface_.usable(member.config_.addresses.v6);
    return explain(usable ? Fault::no_source : Fault::link_down, member.interface_.name(), member.context_.lbd,
                   member.context_.maintenance);
  };
  if (!on_lan()) return text(*this);
  for (const Instance* member : group_->members()) {
    if (!member->on_lan()) return fmt::format("with {}: {}", member->name(), text(*member));
  }
  return fmt::format("sync group {} is not complete yet", config_.virtual_address.sync_group);
}

}  // namespace tandem::vrrp
