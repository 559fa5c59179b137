// Health check state machine of one backend: when to probe, and what the results mean.
//
// Pure: the runner owns the timer and the probe. It waits until deadline(), calls probe_due(), runs
// the probe and reports on_result(). Never are two probes of one backend outstanding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/config/model.hpp"

namespace tandem::lbd {

enum class HealthVerdict : std::uint8_t { unknown, up, down };

/// What one probe found. `reason` is a short text code: "ok", "connect refused", "timeout",
/// "status 503".
struct ProbeResult {
  bool healthy = false;
  std::string reason;
};

class HealthFsm {
 public:
  /// First probe within 100 ms of `now`, spread by `random` over the checks that start together: a
  /// backend gets no traffic before its first result. The config is copied.
  HealthFsm(const config::HealthCheckConfig& config, TimePoint now, std::uint64_t random);

  /// A reload: the verdict, its reason and the counts of `old` stay; only the schedule is new.
  HealthFsm(const config::HealthCheckConfig& config, const HealthFsm& old, TimePoint now,
            std::uint64_t random);

  /// When to call probe_due(); TimePoint::max() while a probe is outstanding.
  [[nodiscard]] TimePoint deadline() const { return outstanding_ ? TimePoint::max() : next_probe_; }

  /// True if a probe starts now: run it, with config().timeout, and report its result. False if it is
  /// too early or a probe is outstanding.
  [[nodiscard]] bool probe_due(TimePoint now);

  /// Probe now instead of at the deadline (traffic met an error, the operator asked). While a probe is
  /// outstanding it changes nothing: that one's result will tell.
  void hurry(TimePoint now);

  /// The outstanding probe ended. `random` jitters the next interval by up to 10 %. Returns true if
  /// the verdict changed. Must follow a probe_due() that returned true.
  bool on_result(const ProbeResult& result, TimePoint now, std::uint64_t random);

  [[nodiscard]] HealthVerdict verdict() const { return verdict_; }
  /// Reason of the last result; before the first one "not checked yet".
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// When the verdict was reached.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// Results in a row that contradict the verdict.
  [[nodiscard]] std::uint32_t contradictions() const { return contradictions_; }
  [[nodiscard]] const config::HealthCheckConfig& config() const { return config_; }

 private:
  void schedule(Duration interval, TimePoint now, std::uint64_t random);

  config::HealthCheckConfig config_;
  HealthVerdict verdict_ = HealthVerdict::unknown;
  bool outstanding_ = false;
  std::uint32_t contradictions_ = 0;
  TimePoint next_probe_;
  TimePoint since_;
  std::string reason_ = "not checked yet";
};

[[nodiscard]] std::string_view to_string(HealthVerdict verdict);

}  // namespace tandem::lbd
