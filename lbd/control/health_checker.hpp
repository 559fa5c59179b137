// Probes every backend at its own pace and turns the results into verdicts.
//
// When to probe and what follows from a result is decided by lbd/core/health; here are the sockets and timers: one
// timer and at most one probe under way per backend.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/inet.hpp"
#include "common/config/model.hpp"
#include "lbd/runtime/ids.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

struct HealthTarget {
  BackendId id{};
  Endpoint address;
  config::HealthCheckConfig check;
};

/// How many probes ended how, since the start.
struct ProbeCounts {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t inconclusive = 0;
};

/// Control thread only.
class HealthChecker {
 public:
  /// Called for each verdict that differs from the one before, and when the reason of a "down" changes.
  using OnVerdict = std::function<void(BackendId backend, Availability::Health health, std::string_view reason)>;

  HealthChecker(boost::asio::io_context& io, OnVerdict on_verdict);
  ~HealthChecker();
  HealthChecker(const HealthChecker&) = delete;
  HealthChecker& operator=(const HealthChecker&) = delete;

  /// From now on exactly these are checked. Backends that stay keep verdict and pace; a changed check takes effect
  /// with the next probe. New ones are probed at once.
  void apply(const std::vector<HealthTarget>& targets);

  /// Traffic failed there: probe now instead of at the next interval. Cheap to call often.
  void probe_now(BackendId backend);

  /// Probes no more.
  void stop();

  [[nodiscard]] ProbeCounts counts(BackendId backend) const;

 private:
  class Check;  // one backend

  boost::asio::io_context& io_;
  OnVerdict on_verdict_;
  std::unordered_map<std::uint32_t, std::shared_ptr<Check>> checks_;  // by BackendId
};

}  // namespace tandem::lbd
