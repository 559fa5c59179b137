#include "lbd/core/balance/balancer.hpp"

#include <algorithm>
#include <bit>

namespace tandem::lbd {
namespace {

/// One turn of a backend of weight 1. Large against the greatest weight, so that strides are exact to
/// a thousandth.
constexpr std::uint64_t turn_unit = std::uint64_t{1} << 20;
/// Due times grow by at most turn_unit with each pick; long before they wrap, everything starts anew.
constexpr std::uint64_t latest_due = std::uint64_t{1} << 62;
/// Draws before falling back to a scan.
constexpr int most_draws = 8;

bool contains(std::span<const std::uint32_t> list, std::uint32_t index) noexcept {
  return std::find(list.begin(), list.end(), index) != list.end();
}

}  // namespace

Balancer::Balancer(config::Algorithm algorithm, std::uint64_t seed) : algorithm_(algorithm), seed_(seed) {}

void Balancer::rebuild(std::span<const BackendView> views) {
  views_ = views;
  eligible_ = 0;
  equal_weights_ = true;
  for (const BackendView& view : views_) {
    if (view.weight != 0) ++eligible_;
    if (view.weight != views_.front().weight) equal_weights_ = false;
  }
  switch (algorithm_) {
    case config::Algorithm::round_robin:
      build_turns();
      break;
    case config::Algorithm::least_connections:
      build_tree();
      break;
    default:
      build_alias();
      break;
  }
}

std::uint32_t Balancer::pick(Rng& rng, std::span<const std::uint32_t> exclude) noexcept {
  if (eligible_ == 0) return none;
  switch (algorithm_) {
    case config::Algorithm::round_robin:
      return pick_turn(exclude);
    case config::Algorithm::least_connections:
      return pick_least(exclude);
    case config::Algorithm::random:
      return draw_allowed(rng, exclude);
    default:
      return pick_two(rng, exclude);
  }
}

std::uint64_t Balancer::stride(std::uint32_t index) const noexcept {
  return turn_unit / views_[index].weight;
}

// ---- random draws by weight: Vose's alias method, in integers and so without a rounding error ----

void Balancer::build_alias() {
  alias_.clear();
  if (equal_weights_) return;
  const std::uint64_t count = views_.size();
  std::uint64_t total = 0;
  for (const BackendView& view : views_) total += view.weight;
  alias_.resize(count);
  // left[i]: what slot i still has to give, in units in which each slot holds `total`.
  std::vector<std::uint64_t> left(count);
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < count; ++i) {
    left[i] = views_[i].weight * count;
    alias_[i] = {UINT32_MAX, i};
    (left[i] < total ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t less = small.back();
    const std::uint32_t more = large.back();
    small.pop_back();
    alias_[less] = {static_cast<std::uint32_t>((left[less] << 32) / total), more};
    left[more] -= total - left[less];
    if (left[more] < total) {
      large.pop_back();
      small.push_back(more);
    }
  }
}

std::uint32_t Balancer::draw(Rng& rng) const noexcept {
  const std::uint64_t bits = rng.next();
  const auto slot = static_cast<std::uint32_t>(((bits >> 32) * views_.size()) >> 32);
  if (equal_weights_) return slot;
  return static_cast<std::uint32_t>(bits) < alias_[slot].threshold ? slot : alias_[slot].alias;
}

std::uint32_t Balancer::draw_allowed(Rng& rng, std::span<const std::uint32_t> exclude) const noexcept {
  std::uint32_t index = draw(rng);
  if (exclude.empty()) return index;
  for (int draws = 1; draws < most_draws; ++draws) {
    if (!contains(exclude, index)) return index;
    index = draw(rng);
  }
  const auto count = static_cast<std::uint32_t>(views_.size());
  for (std::uint32_t i = 0; i < count; ++i, index = index + 1 == count ? 0 : index + 1) {
    if (views_[index].weight != 0 && !contains(exclude, index)) return index;
  }
  return none;
}

// ---- power of two choices -------------------------------------------------------------------------

std::uint32_t Balancer::draw_other(Rng& rng, std::uint32_t first,
                                   std::span<const std::uint32_t> exclude) const noexcept {
  if (equal_weights_ && exclude.empty()) {
    const auto count = static_cast<std::uint32_t>(views_.size());
    if (count == 1) return first;
    const std::uint32_t other = rng.below(count - 1);
    return other < first ? other : other + 1;
  }
  for (int draws = 0; draws < most_draws; ++draws) {
    const std::uint32_t index = draw(rng);
    if (index != first && !contains(exclude, index)) return index;
  }
  return first;
}

std::uint32_t Balancer::pick_two(Rng& rng, std::span<const std::uint32_t> exclude) const noexcept {
  // Both are drawn by weight and a tie goes to the first one, so that idle backends share by weight.
  const std::uint32_t first = draw_allowed(rng, exclude);
  if (first == none) return none;
  const std::uint32_t second = draw_other(rng, first, exclude);
  const BackendView& a = views_[first];
  const BackendView& b = views_[second];
  const bool second_is_freer =
      std::uint64_t{b.active} * a.weight < std::uint64_t{a.active} * b.weight;
  return second_is_freer ? second : first;
}

// ---- smooth weighted round robin: whose turn is due first -----------------------------------------

namespace {

constexpr auto due_later = [](const auto& a, const auto& b) {
  return a.due != b.due ? a.due > b.due : a.index > b.index;
};

}  // namespace

void Balancer::build_turns() {
  turns_.clear();
  Rng rng(seed_);
  for (std::uint32_t i = 0; i < views_.size(); ++i) {
    if (views_[i].weight == 0) continue;
    turns_.push_back({rng.below(static_cast<std::uint32_t>(stride(i))), i});
  }
  std::make_heap(turns_.begin(), turns_.end(), due_later);
}

std::uint32_t Balancer::pick_turn(std::span<const std::uint32_t> exclude) noexcept {
  // Those that are passed over wait behind the heap and keep their due time.
  auto heap_end = turns_.end();
  std::uint32_t picked = none;
  while (picked == none && heap_end != turns_.begin()) {
    std::pop_heap(turns_.begin(), heap_end, due_later);
    --heap_end;
    if (contains(exclude, heap_end->index)) continue;
    picked = heap_end->index;
    heap_end->due += stride(picked);
    if (heap_end->due > latest_due) {
      build_turns();
      return picked;
    }
  }
  while (heap_end != turns_.end()) std::push_heap(turns_.begin(), ++heap_end, due_later);
  return picked;
}

// ---- least connections: a tournament tree over active / weight ------------------------------------

void Balancer::build_tree() {
  leaves_ = std::bit_ceil(static_cast<std::uint32_t>(std::max<std::size_t>(views_.size(), 1)));
  tree_.assign(std::size_t{2} * leaves_, none);
  due_.assign(views_.size(), 0);
  clock_ = 0;
  Rng rng(seed_);
  for (std::uint32_t i = 0; i < views_.size(); ++i) {
    if (views_[i].weight == 0) continue;
    due_[i] = rng.below(static_cast<std::uint32_t>(stride(i)));
    tree_[leaves_ + i] = i;
  }
  for (std::uint32_t node = leaves_; node-- > 1;) {
    tree_[node] = less_loaded(tree_[2 * node], tree_[2 * node + 1]);
  }
}

std::uint32_t Balancer::less_loaded(std::uint32_t a, std::uint32_t b) const noexcept {
  if (a == none || b == none) return a == none ? b : a;
  const std::uint64_t load_a = std::uint64_t{views_[a].active} * views_[b].weight;
  const std::uint64_t load_b = std::uint64_t{views_[b].active} * views_[a].weight;
  if (load_a != load_b) return load_a < load_b ? a : b;
  return due_[a] <= due_[b] ? a : b;
}

void Balancer::set_leaf(std::uint32_t index, std::uint32_t value) noexcept {
  std::uint32_t node = leaves_ + index;
  tree_[node] = value;
  for (node /= 2; node != 0; node /= 2) {
    tree_[node] = less_loaded(tree_[2 * node], tree_[2 * node + 1]);
  }
}

void Balancer::update_leaf(std::uint32_t index) noexcept {
  if (index < views_.size() && views_[index].weight != 0) set_leaf(index, index);
}

std::uint32_t Balancer::pick_least(std::span<const std::uint32_t> exclude) noexcept {
  for (const std::uint32_t index : exclude) {
    if (index < views_.size()) set_leaf(index, none);
  }
  const std::uint32_t picked = tree_[1];
  if (picked != none) {
    clock_ = std::max(clock_, due_[picked]);
    due_[picked] = clock_ + stride(picked);
    if (due_[picked] > latest_due) {
      build_tree();
      return picked;
    }
    set_leaf(picked, picked);
  }
  for (const std::uint32_t index : exclude) update_leaf(index);
  return picked;
}

}  // namespace tandem::lbd
