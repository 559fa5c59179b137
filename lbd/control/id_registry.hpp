// Hands out the dense ids of lbd/runtime/ids.hpp, and remembers which name each stands for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/config/model.hpp"
#include "lbd/runtime/ids.hpp"

namespace tandem::lbd {

/// Names by id, as an immutable value that other threads may hold (the access log writer does).
struct NameTable {
  struct BackendName {
    std::string group;
    std::string backend;
  };
  std::vector<std::string> listeners;   // by ListenerId; the latest name of that address and port
  std::vector<BackendName> backends;    // by BackendId
};
using NameTablePtr = std::shared_ptr<const NameTable>;

/// Pure; used on the control thread. An id is given at first sight and never reused, so the tables grow with
/// the number of distinct identities ever configured, not with the number of reloads.
class IdRegistry {
 public:
  /// Identity: protocol, address, port. The name may change over reloads; the latest is kept.
  ListenerId listener(const config::ListenerConfig& listener);
  GroupId group(const std::string& name);
  /// Identity: group, name and endpoint: a backend that moved to another address starts anew.
  BackendId backend(const std::string& group, const config::BackendConfig& backend);

  /// All names seen so far.
  [[nodiscard]] NameTablePtr names() const { return std::make_shared<const NameTable>(names_); }

 private:
  using ListenerKey = std::tuple<config::ListenerProtocol, std::optional<IpAddress>, std::uint16_t>;
  using BackendKey = std::tuple<std::string, std::string, Endpoint>;

  std::map<ListenerKey, ListenerId> listeners_;
  std::map<std::string, GroupId> groups_;
  std::map<BackendKey, BackendId> backends_;
  NameTable names_;
};

/// What cookies and sticky tables hold of a backend: the same number on both nodes and over restarts, as it
/// depends on nothing but the two names.
[[nodiscard]] std::uint64_t backend_identity(std::string_view group, std::string_view backend);

}  // namespace tandem::lbd
