// A target group in one worker: its backends, and who is asked next.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lbd/core/balance/balancer.hpp"
#include "lbd/core/session_end.hpp"
#include "lbd/core/sticky/source_table.hpp"
#include "lbd/proxy/backend.hpp"
#include "lbd/proxy/ref.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

class Group final : public RefCounted {
 public:
  Group(const config::TargetGroupConfig& config, GroupId id, std::uint64_t seed);

  /// New configuration and backends (in the order of the snapshot). Those that are not in
  /// `backends` any more must be retired by the caller.
  void update(const config::TargetGroupConfig& config, std::vector<Ref<Backend>> backends);
  /// A backend's availability has changed.
  void availability_changed();

  [[nodiscard]] GroupId id() const noexcept { return id_; }
  [[nodiscard]] const config::TargetGroupConfig& config() const noexcept { return config_; }
  [[nodiscard]] std::span<const Ref<Backend>> backends() const noexcept { return backends_; }
  /// A backend that can be asked now, other than the tried ones (their indexes); or nullptr and why.
  struct Pick { Backend* backend = nullptr; SessionEnd end = SessionEnd::no_backend_up; };
  [[nodiscard]] Pick pick(Rng& rng, std::span<const std::uint32_t> tried) noexcept;
  /// The backend a client is bound to by stickiness, if it can be asked now; else nullptr.
  [[nodiscard]] Backend* pick_bound(std::uint64_t identity) noexcept;

  /// Stickiness by source: the bindings known here; nullptr if the group has none.
  [[nodiscard]] SourceTable* sources() noexcept { return sources_ ? &*sources_ : nullptr; }
  /// What sticky cookies name the group by.
  [[nodiscard]] std::uint64_t identity() const noexcept { return identity_; }

  /// An exchange or TCP connection on `backend` begins, ends.
  void begin(Backend& backend) noexcept;
  void end(Backend& backend) noexcept;

 private:
  static constexpr std::size_t most_busy = 16;  // backends at their limit that one pick looks past

  void active_changed(const Backend& backend) noexcept;

  GroupId id_;
  std::uint64_t identity_;
  std::uint64_t seed_;
  config::TargetGroupConfig config_;
  std::vector<Ref<Backend>> backends_;
  std::vector<BackendView> views_;  // by index, as backends_
  Balancer balancer_;
  std::optional<SourceTable> sources_;
};

}  // namespace tandem::lbd
