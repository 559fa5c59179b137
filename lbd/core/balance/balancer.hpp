// Load balancing algorithms over the eligible backends of one target group, for one worker.
//
// The worker keeps a dense array of BackendViews (only backends that take new traffic, or all with
// weight 0 for the others) and tells the balancer when it changes. pick() allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/config/model.hpp"
#include "lbd/core/rng.hpp"

namespace tandem::lbd {

/// One backend as the algorithms see it.
struct BackendView {
  std::uint32_t weight = 1;  // 0..1000 in the config; 0: never picked
  std::uint32_t active = 0;  // requests or connections in flight from this worker
};

class Balancer {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// `algorithm`: p2c, round_robin, least_connections or random; any other one acts as p2c (the
  /// configuration refuses it before). `seed` makes workers start at different backends.
  explicit Balancer(config::Algorithm algorithm, std::uint64_t seed = 0);

  /// The set, its order or a weight changed. `views` is borrowed until the next rebuild(): the
  /// balancer reads weight and active in place. O(n).
  void rebuild(std::span<const BackendView> views);

  /// `views[index].active` changed. Needed by least_connections (O(log n)), free for the others.
  void active_changed(std::uint32_t index) noexcept {
    if (algorithm_ == config::Algorithm::least_connections) update_leaf(index);
  }

  /// Index of the backend to ask next, or `none` if all have weight 0 or are excluded.
  /// `exclude`: indexes already tried, a handful. O(1) for p2c and random, O(log n) for the others;
  /// O(n) only when exclusion or the weights leave few to choose from.
  [[nodiscard]] std::uint32_t pick(Rng& rng, std::span<const std::uint32_t> exclude = {}) noexcept;

  /// Backends with a weight.
  [[nodiscard]] std::uint32_t eligible() const { return eligible_; }

 private:
  struct AliasSlot { std::uint32_t threshold; std::uint32_t alias; };
  struct Turn { std::uint64_t due; std::uint32_t index; };

  void build_alias();
  void build_turns();
  void build_tree();
  [[nodiscard]] std::uint64_t stride(std::uint32_t index) const noexcept;
  [[nodiscard]] std::uint32_t draw(Rng& rng) const noexcept;
  [[nodiscard]] std::uint32_t draw_allowed(Rng& rng, std::span<const std::uint32_t> exclude) const noexcept;
  [[nodiscard]] std::uint32_t draw_other(Rng& rng, std::uint32_t first,
                                         std::span<const std::uint32_t> exclude) const noexcept;
  [[nodiscard]] std::uint32_t pick_two(Rng& rng, std::span<const std::uint32_t> exclude) const noexcept;
  [[nodiscard]] std::uint32_t pick_turn(std::span<const std::uint32_t> exclude) noexcept;
  [[nodiscard]] std::uint32_t pick_least(std::span<const std::uint32_t> exclude) noexcept;
  [[nodiscard]] std::uint32_t less_loaded(std::uint32_t a, std::uint32_t b) const noexcept;
  void update_leaf(std::uint32_t index) noexcept;
  void set_leaf(std::uint32_t index, std::uint32_t value) noexcept;

  config::Algorithm algorithm_;
  std::uint64_t seed_;
  std::span<const BackendView> views_;
  std::uint32_t eligible_ = 0;
  bool equal_weights_ = true;
  std::vector<AliasSlot> alias_;      // p2c, random with unequal weights
  std::vector<Turn> turns_;           // round_robin: heap by due time
  std::vector<std::uint32_t> tree_;   // least_connections: tournament of indexes, root at 1
  std::vector<std::uint64_t> due_;    // least_connections: breaks ties by weighted turns
  std::uint64_t clock_ = 0;           // due time of the latest tie-break
  std::uint32_t leaves_ = 0;          // a power of two
};

}  // namespace tandem::lbd
