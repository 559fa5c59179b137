// What is known about each configured backend at run time: verdict of the health check, operator's override,
// and the availability that follows from both.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/time.hpp"
#include "common/config/model.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

/// What an operator asked for beside the configuration. Default: nothing.
struct Override {
  bool drain = false;
  std::optional<std::uint32_t> weight;  // 0..1000, instead of the configured one
  [[nodiscard]] bool empty() const { return !drain && !weight; }
  bool operator==(const Override&) const = default;
};

/// The verdict of the health check.
struct Verdict {
  Availability::Health health = Availability::Health::unknown;
  std::string reason = "no health check result yet";
  TimePoint since;
};

/// One backend as the operator sees it.
struct BackendState {
  BackendId id{};
  std::uint64_t identity = 0;
  std::string group;
  config::BackendConfig config;
  Verdict verdict;
  Override override;

  [[nodiscard]] Availability availability() const {
    return {verdict.health, override.drain, override.weight.value_or(config.weight)};
  }
};

/// Pure: time comes in, changes go out as return values. Owned by the control thread.
///
/// Overrides live by name and outlast the configuration: one that names a backend which is not configured (yet,
/// or here) waits for it. Verdicts live by id and end with their backend.
class BackendBoard {
 public:
  /// From now on exactly the backends of `config`. Those whose id stays keep their verdict.
  void configure(const config::Config& config, IdRegistry& ids, TimePoint now);

  /// The availability to tell the workers if it changed. Unknown ids (a late result of a removed backend): nullopt.
  std::optional<Availability> set_verdict(BackendId id, Availability::Health health, std::string_view reason,
                                          TimePoint now);

  struct Change {
    BackendId backend{};
    Availability availability;
  };
  /// Empty override: back to the configuration. nullopt if no worker needs to know.
  std::optional<Change> set_override(const std::string& group, const std::string& backend, const Override& override);

  [[nodiscard]] const BackendState* find(BackendId id) const;
  [[nodiscard]] const BackendState* find(std::string_view group, std::string_view backend) const;
  /// In the order of the configuration.
  [[nodiscard]] const std::vector<BackendState>& all() const { return backends_; }
  /// Backends without a verdict so far.
  [[nodiscard]] std::size_t unknown_count() const { return unknown_; }

 private:
  using Name = std::pair<std::string, std::string>;  // group, backend

  BackendState* find_mutable(BackendId id);

  std::vector<BackendState> backends_;
  std::unordered_map<std::uint32_t, std::size_t> by_id_;  // index in backends_
  std::map<Name, std::size_t, std::less<>> by_name_;
  std::map<Name, Override> overrides_;                    // only non-empty ones
  std::size_t unknown_ = 0;                               // of backends_, without a verdict
};

}  // namespace tandem::lbd
