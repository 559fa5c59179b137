#include "lbd/control/backend_board.hpp"

#include <algorithm>
#include <utility>

namespace tandem::lbd {

void BackendBoard::configure(const config::Config& config, IdRegistry& ids, TimePoint now) {
  std::vector<BackendState> next;
  std::unordered_map<std::uint32_t, std::size_t> by_id;
  std::map<Name, std::size_t, std::less<>> by_name;
  for (const auto& group : config.target_groups) {
    for (const auto& backend : group.backends) {
      BackendState state;
      state.id = ids.backend(group.name, backend);
      state.identity = backend_identity(group.name, backend.name);
      state.group = group.name;
      state.config = backend;
      const BackendState* before = find(state.id);
      if (before != nullptr) {
        state.verdict = before->verdict;
      } else {
        state.verdict.since = now;
      }
      if (const auto found = overrides_.find({group.name, backend.name}); found != overrides_.end()) {
        state.override = found->second;
      }
      by_id[static_cast<std::uint32_t>(state.id)] = next.size();
      by_name[{group.name, backend.name}] = next.size();
      next.push_back(std::move(state));
    }
  }
  unknown_ = static_cast<std::size_t>(std::count_if(next.begin(), next.end(), [](const BackendState& state) {
    return state.verdict.health == Availability::Health::unknown;
  }));
  backends_ = std::move(next);
  by_id_ = std::move(by_id);
  by_name_ = std::move(by_name);
}

std::optional<Availability> BackendBoard::set_verdict(BackendId id, Availability::Health health,
                                                      std::string_view reason, TimePoint now) {
  BackendState* state = find_mutable(id);
  if (state == nullptr) return std::nullopt;
  state->verdict.reason = reason;
  if (state->verdict.health == health) return std::nullopt;
  if (state->verdict.health == Availability::Health::unknown) --unknown_;
  state->verdict.health = health;
  state->verdict.since = now;
  return state->availability();
}

std::optional<BackendBoard::Change> BackendBoard::set_override(const std::string& group, const std::string& backend,
                                                               const Override& override) {
  if (override.empty()) {
    overrides_.erase({group, backend});
  } else {
    overrides_[{group, backend}] = override;
  }
  const auto found = by_name_.find(Name{group, backend});
  if (found == by_name_.end()) return std::nullopt;
  BackendState& state = backends_[found->second];
  const Availability before = state.availability();
  state.override = override;
  if (state.availability() == before) return std::nullopt;
  return Change{state.id, state.availability()};
}

const BackendState* BackendBoard::find(BackendId id) const {
  const auto found = by_id_.find(static_cast<std::uint32_t>(id));
  return found == by_id_.end() ? nullptr : &backends_[found->second];
}

BackendState* BackendBoard::find_mutable(BackendId id) {
  const auto found = by_id_.find(static_cast<std::uint32_t>(id));
  return found == by_id_.end() ? nullptr : &backends_[found->second];
}

const BackendState* BackendBoard::find(std::string_view group, std::string_view backend) const {
  const auto found = by_name_.find(Name{group, backend});
  return found == by_name_.end() ? nullptr : &backends_[found->second];
}

}  // namespace tandem::lbd
