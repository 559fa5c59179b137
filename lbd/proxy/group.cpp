#include "lbd/proxy/group.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lbd/core/retry.hpp"
#include "lbd/core/sticky/identity.hpp"

namespace tandem::lbd {

namespace {

/// Its connection limit leaves room for one more exchange.
bool has_room(Backend& backend) noexcept { return backend.has_idle() || backend.may_connect(); }

}  // namespace

Group::Group(const config::TargetGroupConfig& config, GroupId id, std::uint64_t seed)
    : id_(id), identity_(group_identity(config.name)), seed_(seed), balancer_(config.algorithm, seed) {}

void Group::update(const config::TargetGroupConfig& config, std::vector<Ref<Backend>> backends) {
  if (config.algorithm != config_.algorithm) balancer_ = Balancer(config.algorithm, seed_);
  if (config.sticky != config_.sticky) {
    sources_.reset();
    if (config.sticky && config.sticky->type == config::StickyConfig::Type::source) {
      sources_.emplace(config.sticky->max_entries, config.sticky->ttl, seed_);
    }
  }
  config_ = config;
  for (const auto& backend : backends_) backend->index = Balancer::none;
  backends_ = std::move(backends);
  for (std::size_t i = 0; i < backends_.size(); ++i) backends_[i]->index = static_cast<std::uint32_t>(i);
  availability_changed();
}

void Group::availability_changed() {
  views_.clear();
  for (const auto& backend : backends_) {
    const Availability& availability = backend->availability();
    views_.push_back({availability.takes_new() ? availability.weight : 0, backend->active});
  }
  balancer_.rebuild(views_);
}

Backend* Group::pick_bound(std::uint64_t identity) noexcept {
  for (const auto& backend : backends_) {
    if (backend->snapshot().identity != identity) continue;
    return backend->availability().takes_bound() && has_room(*backend) ? backend.get() : nullptr;
  }
  return nullptr;
}

Group::Pick Group::pick(Rng& rng, std::span<const std::uint32_t> tried) noexcept {
  if (backends_.empty()) return {nullptr, SessionEnd::no_backend_defined};
  const std::uint32_t first = balancer_.pick(rng, tried);
  if (first == Balancer::none) return {nullptr, SessionEnd::no_backend_up};
  if (has_room(*backends_[first])) return {backends_[first].get(), SessionEnd::completed};
  // At its limit: ask the others in turn.
  std::array<std::uint32_t, RetryState::max_retries + most_busy> busy;
  std::size_t count = static_cast<std::size_t>(std::copy(tried.begin(), tried.end(), busy.begin()) - busy.begin());
  std::uint32_t next = first;
  while (count < busy.size()) {
    busy[count++] = next;
    next = balancer_.pick(rng, {busy.data(), count});
    if (next == Balancer::none) break;
    if (has_room(*backends_[next])) return {backends_[next].get(), SessionEnd::completed};
  }
  return {nullptr, SessionEnd::backend_busy};
}

void Group::begin(Backend& backend) noexcept {
  ++backend.active;
  backend.counters().active.add();
  active_changed(backend);
}

void Group::end(Backend& backend) noexcept {
  --backend.active;
  backend.counters().active.subtract();
  active_changed(backend);
}

void Group::active_changed(const Backend& backend) noexcept {
  if (backend.index >= views_.size()) return;  // removed from the configuration meanwhile
  views_[backend.index].active = backend.active;
  balancer_.active_changed(backend.index);
}

}  // namespace tandem::lbd
