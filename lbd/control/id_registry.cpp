#include "lbd/control/id_registry.hpp"

#include <utility>

namespace tandem::lbd {
namespace {

template <class Id, class Map, class Key>
Id next_or_known(Map& map, Key key) {
  const auto id = static_cast<Id>(static_cast<std::uint32_t>(map.size()));
  return map.try_emplace(std::move(key), id).first->second;
}

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

}  // namespace

ListenerId IdRegistry::listener(const config::ListenerConfig& listener) {
  ListenerKey key{listener.protocol, listener.address, listener.port};
  const auto id = next_or_known<ListenerId>(listeners_, std::move(key));
  const auto index = static_cast<std::size_t>(id);
  if (index == names_.listeners.size()) names_.listeners.emplace_back();
  names_.listeners[index] = listener.name;
  return id;
}

GroupId IdRegistry::group(const std::string& name) { return next_or_known<GroupId>(groups_, name); }

BackendId IdRegistry::backend(const std::string& group, const config::BackendConfig& backend) {
  const auto id = next_or_known<BackendId>(backends_, BackendKey{group, backend.name, backend.address});
  if (static_cast<std::size_t>(id) == names_.backends.size()) names_.backends.push_back({group, backend.name});
  return id;
}

std::uint64_t backend_identity(std::string_view group, std::string_view backend) {
  // FNV-1a, then the finalizer of MurmurHash3: names that differ in one digit differ in all bits. The zero byte
  // keeps ("ab","c") and ("a","bc") apart.
  std::uint64_t hash = fnv1a(0xcbf29ce484222325u, group);
  hash = fnv1a(hash, std::string_view("\0", 1));
  hash = fnv1a(hash, backend);
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace tandem::lbd
