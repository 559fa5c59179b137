// Looks at what virtual addresses track: each distinct condition once, however many addresses name it.
//
// Interfaces and routes are looked at when the kernel says that something changed; files and scripts every interval, by the
// spawner process; witnesses are asked by probers of their own. Io thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "common/io/event_log.hpp"
#include "vrrpd/core/threshold.hpp"
#include "vrrpd/io/netlink.hpp"
#include "vrrpd/io/program_runner.hpp"
#include "vrrpd/io/witness_prober.hpp"

namespace tandem::vrrp {

/// "route 0.0.0.0/0", "script /usr/local/bin/is-well --fast"
std::string name_of(const config::TrackConfig& config);
/// One that is looked at again and again, instead of when the kernel says so.
bool is_polled(config::TrackConfig::Kind kind);

struct Condition {
  explicit Condition(config::TrackConfig config);

  const config::TrackConfig config;  // without weight, which is the address's own
  const std::string name;
  Threshold threshold;
  std::string reason;  // why it does not hold, as a sentence; empty if it does
  TimePoint since{};
  std::optional<TimePoint> good_look;  // polled: when the last good one began, at the latest
  std::uint64_t failed_looks = 0;
  std::uint64_t changes = 0;

  [[nodiscard]] bool holds() const { return threshold.holds().value_or(false); }
};

class Tracker {
 public:
  /// `on_change` runs when a condition began or ceased to hold.
  Tracker(boost::asio::io_context& io, std::string node, Netlink& netlink, ProgramRunner& programs, io::EventLog& events,
          std::function<void()> on_change);

  /// Looks at these from now on, and no more at others. Those that it knew keep their verdict.
  void set(const std::vector<config::TrackConfig>& conditions);
  /// The condition of that configuration, whatever its weight; it must be among those set.
  [[nodiscard]] std::shared_ptr<const Condition> find(const config::TrackConfig& config) const;
  /// Somebody wants to know of routes, of programs.
  [[nodiscard]] bool tracks(config::TrackConfig::Kind kind) const;
  [[nodiscard]] std::vector<std::shared_ptr<const Condition>> conditions() const;

  /// What netlink shows now. Routes are looked at, too: with a link they vanish without a word.
  void look_at_host(const std::vector<Link>& links);
  /// A route of the main table came or went.
  void route_changed(const Prefix& prefix);

 private:
  struct Tracking {
    Tracking(boost::asio::io_context& io, config::TrackConfig config)
        : condition(std::make_shared<Condition>(std::move(config))), timer(io) {}
    std::shared_ptr<Condition> condition;
    boost::asio::steady_timer timer;        // until the next look at a file or script
    std::unique_ptr<WitnessProber> prober;  // of a witness
  };

  void start(const std::shared_ptr<Tracking>& tracking);
  void ask(Tracking& tracking);
  void poll(const std::shared_ptr<Tracking>& tracking);
  void poll_later(const std::shared_ptr<Tracking>& tracking, TimePoint begun);
  void look_at_routes();
  void saw(Condition& condition, bool good, const std::string& problem);

  boost::asio::io_context& io_;
  const std::string node_;
  Netlink& netlink_;
  ProgramRunner& programs_;
  io::EventLog& events_;
  std::function<void()> on_change_;
  std::vector<std::shared_ptr<Tracking>> trackings_;
  bool route_look_posted_ = false;
};

}  // namespace tandem::vrrp
