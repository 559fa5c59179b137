#include "vrrpd/io/tracker.hpp"

#include <boost/asio/post.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

using config::TrackConfig;
using Kind = TrackConfig::Kind;

TrackConfig without_weight(TrackConfig config) {
  config.weight = 0;
  return config;
}

bool is_noticed(Kind kind) { return !is_polled(kind); }

// Interfaces and routes are facts, not answers: they need no second look.
Threshold threshold_of(const TrackConfig& config) {
  if (is_noticed(config.kind)) return {1, 1};
  return {config.unhealthy_threshold, config.healthy_threshold};
}

Job job_of(const TrackConfig& config, const std::string& node) {
  if (config.kind == Kind::file) return {.kind = Job::Kind::file, .timeout = config.timeout, .words = {config.file}, .environment = {}};
  return {.kind = Job::Kind::program, .timeout = config.timeout, .words = config.script,
          .environment = program_environment(node)};
}

std::string problem_of(const Condition& condition, const JobOutcome& outcome) {
  if (condition.config.kind != Kind::file) return fmt::format("{} {}", condition.name, describe(outcome));
  switch (outcome.end) {
    case JobOutcome::End::timed_out: return fmt::format("{} cannot be looked at in time", condition.name);
    case JobOutcome::End::exited: return fmt::format("{} is missing: {}", condition.name, outcome.said);
    case JobOutcome::End::killed:
    case JobOutcome::End::not_started: break;
  }
  return fmt::format("{} cannot be looked at: {}", condition.name, describe(outcome));
}

}  // namespace

std::string name_of(const TrackConfig& config) {
  switch (config.kind) {
    case Kind::interface: return "interface " + config.interface;
    case Kind::route: return "route " + config.route.to_string();
    case Kind::witness:
      return "witness " + (config.witness.port == 0 ? config.witness.address.to_string() : config.witness.to_string());
    case Kind::file: return "file " + config.file;
    case Kind::script: return fmt::format("script {}", fmt::join(config.script, " "));
  }
  return {};
}

bool is_polled(Kind kind) { return kind != Kind::interface && kind != Kind::route; }

Condition::Condition(TrackConfig track)
    : config(without_weight(std::move(track))),
      name(name_of(config)),
      threshold(threshold_of(config)),
      reason(name + " has not been looked at yet"),
      since(io::now()) {}

Tracker::Tracker(boost::asio::io_context& io, std::string node, Netlink& netlink, ProgramRunner& programs,
                 io::EventLog& events, std::function<void()> on_change)
    : io_(io), node_(std::move(node)), netlink_(netlink), programs_(programs), events_(events),
      on_change_(std::move(on_change)) {}

void Tracker::set(const std::vector<TrackConfig>& conditions) {
  std::vector<std::shared_ptr<Tracking>> before = std::exchange(trackings_, {});
  for (const TrackConfig& wanted : conditions) {
    if (find(wanted)) continue;
    const auto same = [config = without_weight(wanted)](const auto& t) { return t->condition->config == config; };
    if (const auto known = std::find_if(before.begin(), before.end(), same); known != before.end()) {
      trackings_.push_back(*known);
      continue;
    }
    trackings_.push_back(std::make_shared<Tracking>(io_, wanted));
    start(trackings_.back());
  }
  for (const auto& tracking : before) {
    if (std::find(trackings_.begin(), trackings_.end(), tracking) == trackings_.end()) {
      tracking->timer.cancel();
      tracking->prober.reset();
    }
  }
}

void Tracker::start(const std::shared_ptr<Tracking>& tracking) {
  const Kind kind = tracking->condition->config.kind;
  if (kind == Kind::witness) return ask(*tracking);
  if (kind != Kind::file && kind != Kind::script) return;
  programs_.prepare();
  poll(tracking);
}

void Tracker::ask(Tracking& tracking) {
  Condition& condition = *tracking.condition;
  const ProbeRhythm rhythm{.interval = condition.config.interval, .timeout = condition.config.timeout};
  tracking.prober = std::make_unique<WitnessProber>(io_, condition.config.witness, rhythm, [this, &condition](bool answered) {
    if (answered) condition.good_look = io::now() - condition.config.timeout;
    saw(condition, answered, condition.name + " does not answer");
  });
}

std::shared_ptr<const Condition> Tracker::find(const TrackConfig& wanted) const {
  const TrackConfig config = without_weight(wanted);
  for (const auto& tracking : trackings_) {
    if (tracking->condition->config == config) return tracking->condition;
  }
  return nullptr;
}

bool Tracker::tracks(Kind kind) const {
  return std::any_of(trackings_.begin(), trackings_.end(),
                     [kind](const auto& tracking) { return tracking->condition->config.kind == kind; });
}

std::vector<std::shared_ptr<const Condition>> Tracker::conditions() const {
  std::vector<std::shared_ptr<const Condition>> out;
  for (const auto& tracking : trackings_) out.push_back(tracking->condition);
  return out;
}

void Tracker::look_at_host(const std::vector<Link>& links) {
  for (const auto& tracking : trackings_) {
    Condition& condition = *tracking->condition;
    if (condition.config.kind != Kind::interface) continue;
    const auto link = std::find_if(links.begin(), links.end(),
                                   [&condition](const Link& l) { return l.name == condition.config.interface; });
    if (link == links.end()) saw(condition, false, condition.name + " is missing");
    else saw(condition, link->up, condition.name + " is down, or without carrier");
  }
  look_at_routes();
}

void Tracker::look_at_routes() {
  std::vector<Prefix> prefixes;
  std::vector<Condition*> conditions;
  for (const auto& tracking : trackings_) {
    if (tracking->condition->config.kind != Kind::route) continue;
    prefixes.push_back(tracking->condition->config.route);
    conditions.push_back(tracking->condition.get());
  }
  if (prefixes.empty()) return;
  const auto found = netlink_.have_routes(prefixes);
  if (!found) return log::error("{}", found.error().message);
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    saw(*conditions[i], (*found)[i], conditions[i]->name + " is missing");
  }
}

// Once for all the changes that the kernel tells in one go.
void Tracker::route_changed(const Prefix& prefix) {
  const bool tracked = std::any_of(trackings_.begin(), trackings_.end(), [&prefix](const auto& t) {
    return t->condition->config.kind == Kind::route && t->condition->config.route == prefix;
  });
  if (!tracked || std::exchange(route_look_posted_, true)) return;
  boost::asio::post(io_, [this] {
    route_look_posted_ = false;
    look_at_routes();
  });
}

void Tracker::poll(const std::shared_ptr<Tracking>& tracking) {
  const TimePoint begun = io::now();
  programs_.run(ProgramRunner::Lane::look, job_of(tracking->condition->config, node_),
                [this, begun, weak = std::weak_ptr(tracking)](const JobOutcome& outcome) {
                  const auto known = weak.lock();
                  if (!known) return;  // nobody tracks it any more
                  Condition& condition = *known->condition;
                  if (outcome.good()) condition.good_look = begun;
                  saw(condition, outcome.good(), problem_of(condition, outcome));
                  poll_later(known, begun);
                });
}

void Tracker::poll_later(const std::shared_ptr<Tracking>& tracking, TimePoint begun) {
  const TimePoint next = std::max(begun + tracking->condition->config.interval, io::now());
  tracking->timer.expires_at(std::chrono::steady_clock::time_point(next.time_since_epoch()));
  tracking->timer.async_wait([this, weak = std::weak_ptr(tracking)](const boost::system::error_code& error) {
    const auto known = weak.lock();
    if (!error && known) poll(known);
  });
}

void Tracker::saw(Condition& condition, bool good, const std::string& problem) {
  const bool first = !condition.threshold.holds().has_value();
  if (!good) ++condition.failed_looks;
  const bool changed = condition.threshold.look(good);
  if (condition.holds()) condition.reason.clear();
  else if (!good) condition.reason = problem;
  if (!changed) return;
  condition.since = io::now();
  if (!first) ++condition.changes;
  if (!condition.holds()) events_.add("condition_lost", condition.name, problem);
  else if (!first) events_.add("condition_back", condition.name, condition.name + " is well again");
  on_change_();
}

}  // namespace tandem::vrrp
