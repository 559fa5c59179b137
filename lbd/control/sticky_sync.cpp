#include "lbd/control/sticky_sync.hpp"

#include <iterator>
#include <utility>

namespace tandem::lbd {
namespace {

constexpr std::size_t max_waiting = 100'000;

bool by_source(const config::TargetGroupConfig& group) {
  return group.sticky && group.sticky->type == config::StickyConfig::Type::source;
}

// The address at the end of a key; nullopt if there is none or no group before it.
std::optional<IpAddress> source_of(std::string_view key) {
  const auto slash = key.rfind('/');  // an address has none
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  return IpAddress::parse(key.substr(slash + 1));
}

}  // namespace

void StickySync::configure(const config::Config& config, IdRegistry& ids, TimePoint now) {
  groups_.clear();
  group_names_.clear();
  backend_names_.clear();
  for (const auto& group : config.target_groups) {
    if (!by_source(group)) continue;
    const GroupId id = ids.group(group.name);
    groups_[group.name] = {id, group.sticky->ttl};
    group_names_[static_cast<std::uint32_t>(id)] = group.name;
    for (const auto& backend : group.backends) {
      backend_names_[backend_identity(group.name, backend.name)] = backend.name;
    }
  }
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    wire::Entry& entry = at->second.entry;
    if (entry.remaining) *entry.remaining -= now - std::exchange(at->second.received, now);
    const bool over = entry.remaining && *entry.remaining <= Duration::zero();
    at = over || tell(entry) ? waiting_.erase(at) : std::next(at);
  }
}

void StickySync::learned(const StickyLearned& message) {
  const StickyBinding& binding = message.binding;
  outputs_.tell_workers(binding, message.worker);
  const auto group = group_names_.find(static_cast<std::uint32_t>(binding.group));
  if (group == group_names_.end()) return;
  const std::string key = group->second + '/' + binding.source.to_string();
  if (binding.ttl <= Duration::zero()) {
    outputs_.erase(key);
    return;
  }
  const auto backend = backend_names_.find(binding.backend_identity);
  if (backend != backend_names_.end()) outputs_.put(key, backend->second, binding.ttl);
}

void StickySync::entry(const wire::Entry& entry, TimePoint now) {
  if (!source_of(entry.key)) {
    ++ignored_;
  } else if (!tell(entry)) {
    keep_waiting(entry, now);
  }
}

// False if its group is not (yet) one with source stickiness here.
bool StickySync::tell(const wire::Entry& entry) {
  const std::string_view key = entry.key;
  const auto group = groups_.find(key.substr(0, key.rfind('/')));
  if (group == groups_.end()) return false;
  StickyBinding binding{group->second.id, *source_of(key), 0, Duration::zero()};
  if (!entry.deleted) {
    binding.backend_identity = backend_identity(group->first, entry.value);
    binding.ttl = entry.remaining.value_or(group->second.ttl);
  }
  outputs_.tell_workers(binding, std::nullopt);
  return true;
}

void StickySync::keep_waiting(const wire::Entry& entry, TimePoint now) {
  if (entry.deleted) {
    waiting_.erase(entry.key);
  } else if (waiting_.size() < max_waiting || waiting_.count(entry.key) != 0) {
    waiting_[entry.key] = {entry, now};
  } else {
    ++ignored_;
  }
}

}  // namespace tandem::lbd
