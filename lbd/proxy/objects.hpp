// The configured objects of one worker: made, changed and removed by snapshots, found by id.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "lbd/proxy/group.hpp"
#include "lbd/proxy/listener.hpp"
#include "lbd/proxy/worker_context.hpp"

namespace tandem::lbd {

/// Counters by id. They are made on the worker's thread, found from any, and never removed, so that
/// what a removed object did is not lost and pointers stay valid as long as the store.
template <class Id, class Counters>
class CounterStore {
 public:
  Counters& get(Id id) {
    const std::lock_guard lock(mutex_);
    auto& slot = counters_[static_cast<std::uint32_t>(id)];
    if (slot == nullptr) slot = std::make_unique<Counters>();
    return *slot;
  }
  [[nodiscard]] const Counters* find(Id id) const {
    const std::lock_guard lock(mutex_);
    const auto found = counters_.find(static_cast<std::uint32_t>(id));
    return found == counters_.end() ? nullptr : found->second.get();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Counters>> counters_;
};

using BackendCounterStore = CounterStore<BackendId, BackendCounters>;
using ListenerCounterStore = CounterStore<ListenerId, ListenerCounters>;

/// Worker's thread only.
class Objects {
 public:
  Objects(WorkerContext& context, BackendCounterStore& backend_counters, ListenerCounterStore& listener_counters);
  /// All sessions must have ended.
  ~Objects();
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  /// Makes the objects what the snapshot says. What keeps its id keeps its connections and counters.
  void apply(const Snapshot& snapshot);
  void set_availability(BackendId id, const Availability& availability);
  void learn(const StickyBinding& binding);
  /// Accepts what waits on every listener.
  void accept_waiting();
  /// Closes connections to backends that have been idle since before `oldest`.
  void close_idle_since(TimePoint oldest);

 private:
  void apply_group(const SnapshotGroup& group, std::uint32_t workers);
  void apply_listener(const Snapshot& snapshot, const SnapshotListener& listener);
  [[nodiscard]] Ref<ListenerRules> make_rules(const Snapshot& snapshot, const SnapshotListener& listener);
  void remove_missing(const Snapshot& snapshot);

  template <class T>
  using ById = std::unordered_map<std::uint32_t, Ref<T>>;

  WorkerContext& context_;
  BackendCounterStore& backend_counters_;
  ListenerCounterStore& listener_counters_;
  FdReserve fd_reserve_;
  ById<Backend> backends_;
  std::unordered_map<std::uint32_t, GroupId> group_of_;  // by BackendId
  ById<Group> groups_;
  ById<Listener> listeners_;
};

}  // namespace tandem::lbd
