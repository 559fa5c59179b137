// Carries sticky bindings of sources from worker to worker and from node to node.
//
// Replicated in the table "sticky": key "GROUP/SOURCE-ADDRESS", value the backend's name, life time that of the
// binding. Names, because ids mean nothing on the other node.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/config/model.hpp"
#include "common/wire/replica.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/runtime/messages.hpp"

namespace tandem::lbd {

inline constexpr std::string_view sticky_table = "sticky";

/// Control thread only.
class StickySync {
 public:
  struct Outputs {
    /// To all workers but `except`.
    std::function<void(const StickyBinding& binding, std::optional<std::uint32_t> except)> tell_workers;
    /// To the peer, if there is one.
    std::function<void(const std::string& key, const std::string& backend, Duration ttl)> put;
    std::function<void(const std::string& key)> erase;
  };
  explicit StickySync(Outputs outputs) : outputs_(std::move(outputs)) {}

  /// The groups and backends whose bindings are understood from now on. Entries that came for a group before it was
  /// configured here (the other node was reloaded first) are told now.
  void configure(const config::Config& config, IdRegistry& ids, TimePoint now);

  /// A worker bound, refreshed or (ttl 0) dropped a source.
  void learned(const StickyLearned& message);
  /// The table changed on the other node, or is being delivered after a start.
  void entry(const wire::Entry& entry, TimePoint now);

  /// Entries that named no address, or came for unknown groups beyond the 100,000 that may wait.
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

 private:
  struct Group {
    GroupId id{};
    Duration ttl{};
  };
  struct Waiting {
    wire::Entry entry;
    TimePoint received;
  };
  bool tell(const wire::Entry& entry);
  void keep_waiting(const wire::Entry& entry, TimePoint now);

  Outputs outputs_;
  std::map<std::string, Group, std::less<>> groups_;             // with sticky source only
  std::unordered_map<std::uint32_t, std::string> group_names_;   // by GroupId
  std::unordered_map<std::uint64_t, std::string> backend_names_; // by identity
  std::unordered_map<std::string, Waiting> waiting_;             // by key: entries of unknown groups
  std::uint64_t ignored_ = 0;
};

}  // namespace tandem::lbd
