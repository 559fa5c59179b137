#include "lbd/proxy/objects.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "lbd/proxy/client_session.hpp"

namespace tandem::lbd {

namespace {

template <class Id>
std::uint32_t number(Id id) { return static_cast<std::uint32_t>(id); }

std::uint32_t worker_count(const Snapshot& snapshot) {
  std::size_t count = 1;
  for (const SnapshotListener& listener : snapshot.listeners) count = std::max(count, listener.sockets.size());
  return static_cast<std::uint32_t>(count);
}

/// This worker's share of limits.max_connections. By default the descriptors of the process are
/// divided so that every client connection can have one to a backend, with some left for the rest.
std::uint32_t session_share(const config::LimitsConfig& limits, std::uint32_t workers) {
  if (limits.max_connections > 0) return (limits.max_connections + workers - 1) / workers;
  constexpr rlim_t kept_back = 100;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return UINT32_MAX;
  const rlim_t usable = files.rlim_cur > 2 * kept_back ? files.rlim_cur - kept_back : files.rlim_cur / 2;
  return static_cast<std::uint32_t>(std::max<rlim_t>(usable / 2 / workers, 1));
}

}  // namespace

Objects::Objects(WorkerContext& context, BackendCounterStore& backend_counters,
                 ListenerCounterStore& listener_counters)
    : context_(context), backend_counters_(backend_counters), listener_counters_(listener_counters) {}

Objects::~Objects() {
  for (auto& [id, backend] : backends_) backend->retire();
}

void Objects::apply(const Snapshot& snapshot) {
  const std::uint32_t workers = worker_count(snapshot);
  context_.timeouts = snapshot.timeouts;
  context_.limits = snapshot.limits;
  context_.access_log = snapshot.access_log;
  context_.retry_budget.set_percent(snapshot.limits.retry_budget_percent);
  if (!snapshot.listeners.empty()) context_.max_sessions = session_share(snapshot.limits, workers);
  for (const SnapshotGroup& group : snapshot.groups) apply_group(group, workers);
  for (const SnapshotListener& listener : snapshot.listeners) apply_listener(snapshot, listener);
  remove_missing(snapshot);
}

void Objects::apply_group(const SnapshotGroup& group, std::uint32_t workers) {
  Ref<Group>& slot = groups_[number(group.id)];
  if (!slot) slot = Ref<Group>(new Group(group.config, group.id, context_.rng.next()));
  std::vector<Ref<Backend>> members;
  for (const SnapshotBackend& member : group.backends) {
    Ref<Backend>& backend = backends_[number(member.id)];
    if (backend) {
      backend->update(member, workers);
    } else {
      backend = Ref<Backend>(new Backend(member, backend_counters_.get(member.id), workers));
      context_.backends.push_back(*backend);
    }
    group_of_[number(member.id)] = group.id;
    members.push_back(backend);
  }
  slot->update(group.config, std::move(members));
}

void Objects::apply_listener(const Snapshot& snapshot, const SnapshotListener& listener) {
  Ref<Listener>& slot = listeners_[number(listener.id)];
  if (!slot) {
    slot = Ref<Listener>(
        new Listener(context_, listener.id, listener_counters_.get(listener.id), fd_reserve_));
  }
  slot->update(make_rules(snapshot, listener), listener.sockets.at(context_.index));
}

Ref<ListenerRules> Objects::make_rules(const Snapshot& snapshot, const SnapshotListener& listener) {
  const Ref<ListenerRules> rules(new ListenerRules);
  rules->config = listener.config;
  // The control thread has tried this before (lbd/control/rule_check.hpp): it cannot fail here.
  auto request_edits = http1::CompiledEdits::compile(listener.config.request_headers);
  auto response_edits = http1::CompiledEdits::compile(listener.config.response_headers);
  rules->request_edits = std::move(request_edits).value();
  rules->response_edits = std::move(response_edits).value();
  std::unordered_map<std::string_view, std::uint32_t> index_of;
  for (const SnapshotGroup& group : snapshot.groups) {
    index_of[group.config.name] = static_cast<std::uint32_t>(rules->groups.size());
    rules->groups.push_back(groups_[number(group.id)]);
  }
  const auto resolve = [&](std::string_view name) -> std::optional<std::uint32_t> {
    const auto found = index_of.find(name);
    return found == index_of.end() ? std::nullopt : std::optional(found->second);
  };
  auto router = Router::compile(listener.config, resolve);
  rules->router = std::move(router).value();
  const auto by_default = resolve(listener.config.default_target_group);
  if (by_default) rules->default_group = rules->groups[*by_default];
  return rules;
}

void Objects::remove_missing(const Snapshot& snapshot) {
  std::unordered_set<std::uint32_t> listeners;
  std::unordered_set<std::uint32_t> groups;
  std::unordered_set<std::uint32_t> backends;
  for (const SnapshotListener& listener : snapshot.listeners) listeners.insert(number(listener.id));
  for (const SnapshotGroup& group : snapshot.groups) {
    groups.insert(number(group.id));
    for (const SnapshotBackend& backend : group.backends) backends.insert(number(backend.id));
  }
  bool listener_gone = false;
  for (auto at = listeners_.begin(); at != listeners_.end();) {
    if (listeners.contains(at->first)) {
      ++at;
      continue;
    }
    listener_gone = true;
    at->second->remove();
    at = listeners_.erase(at);
  }
  for (auto at = groups_.begin(); at != groups_.end();) {
    if (groups.contains(at->first)) {
      ++at;
      continue;
    }
    // Sessions that still hold the group end on the backend they have.
    at->second->update(at->second->config(), {});
    at = groups_.erase(at);
  }
  for (auto at = backends_.begin(); at != backends_.end();) {
    if (backends.contains(at->first)) {
      ++at;
      continue;
    }
    group_of_.erase(at->first);
    at->second->TaggedHook<BackendTag>::unlink();
    at->second->retire();
    at = backends_.erase(at);
  }
  if (!listener_gone) return;
  context_.idle_sessions.for_each([](ClientSession& session) {
    if (session.listener->removed()) session.waiter.interrupt();
  });
}

void Objects::set_availability(BackendId id, const Availability& availability) {
  const auto found = backends_.find(number(id));
  if (found == backends_.end()) return;
  found->second->set_availability(availability);
  groups_[number(group_of_[number(id)])]->availability_changed();
}

void Objects::learn(const StickyBinding& binding) {
  const auto found = groups_.find(number(binding.group));
  if (found == groups_.end() || found->second->sources() == nullptr) return;
  SourceTable& sources = *found->second->sources();
  const std::uint64_t evictions = sources.evictions();
  sources.learn(binding.source, binding.backend_identity, binding.ttl, context_.loop.now());
  context_.counters.sticky_evicted.add(sources.evictions() - evictions);
}

void Objects::accept_waiting() {
  for (auto& [id, listener] : listeners_) listener->accept_waiting();
}

void Objects::close_idle_since(TimePoint oldest) {
  for (auto& [id, backend] : backends_) backend->close_idle_since(oldest);
}

}  // namespace tandem::lbd
