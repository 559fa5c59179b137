#include "lbd/control/sticky_sync.hpp"

#include <utility>

namespace tandem::lbd {
namespace {

bool by_source(const config::TargetGroupConfig& group) {
  return group.sticky && group.sticky->type == config::StickyConfig::Type::source;
}

}  // namespace

void StickySync::configure(const config::Config& config, IdRegistry& ids) {
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
}

void StickySync::learned(const StickyLearned& message) {
  const StickyBinding& binding = message.binding;
  outputs_.tell_workers(binding, message.worker);
  const auto group = group_names_.find(static_cast<std::uint32_t>(binding.group));
  if (!outputs_.put || group == group_names_.end()) return;
  const std::string key = group->second + '/' + binding.source.to_string();
  if (binding.ttl <= Duration::zero()) {
    outputs_.erase(key);
    return;
  }
  const auto backend = backend_names_.find(binding.backend_identity);
  if (backend != backend_names_.end()) outputs_.put(key, backend->second, binding.ttl);
}

void StickySync::entry(const wire::Entry& entry) {
  const std::string_view key = entry.key;
  const auto slash = key.rfind('/');  // an address has none
  const auto group = groups_.find(key.substr(0, slash));
  const auto source = slash == std::string_view::npos ? std::nullopt : IpAddress::parse(key.substr(slash + 1));
  if (group == groups_.end() || !source) {
    ++ignored_;
    return;
  }
  StickyBinding binding{group->second.id, *source, 0, Duration::zero()};
  if (!entry.deleted) {
    binding.backend_identity = backend_identity(group->first, entry.value);
    binding.ttl = entry.remaining.value_or(group->second.ttl);
  }
  outputs_.tell_workers(binding, std::nullopt);
}

}  // namespace tandem::lbd
