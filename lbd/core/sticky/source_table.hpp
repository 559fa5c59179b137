// Bounded table: source address -> backend identity, with a time to live. One per worker and group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"

namespace tandem::lbd {

/// Fixed capacity, allocated once; then lookups and bindings allocate nothing. An expired entry is
/// noticed when it is looked up or its place is needed. When the table is full the entry that was
/// refreshed longest ago goes, and is counted.
class SourceTable {
 public:
  /// `max_entries` >= 1 (StickyConfig::max_entries), `ttl` > 0. `seed` keys the hash, so that nobody
  /// outside can choose addresses that collide.
  SourceTable(std::uint32_t max_entries, Duration ttl, std::uint64_t seed);

  struct Hit {
    std::uint64_t backend_identity = 0;
    bool refreshed = false;  // its life was extended: worth telling the peer
  };

  /// The binding of a source, its life extended if it is older than ttl/8 (less often, so that
  /// replication stays quiet). nullopt: none, or expired.
  [[nodiscard]] std::optional<Hit> find(const IpAddress& source, TimePoint now);

  /// Binds or rebinds for the full ttl.
  void bind(const IpAddress& source, std::uint64_t backend_identity, TimePoint now);

  /// A binding learned from another worker or the peer, with the life it has left. Kept only if it is
  /// not older than what is known; ttl <= 0 removes it.
  void learn(const IpAddress& source, std::uint64_t backend_identity, Duration ttl_left, TimePoint now);

  void erase(const IpAddress& source);

  /// Entries held, the expired but unnoticed ones included.
  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// Living entries that had to go because the table was full.
  [[nodiscard]] std::uint64_t evictions() const { return evictions_; }

  /// Calls visit(source, identity, time left) for every living entry, least recently refreshed first.
  template <class Visit>
  void for_each(TimePoint now, Visit&& visit) const {
    for (std::uint32_t at = oldest_; at != nil; at = entries_[at].newer) {
      const Entry& entry = entries_[at];
      if (entry.expires > now) visit(entry.source, entry.identity, entry.expires - now);
    }
  }

 private:
  static constexpr std::uint32_t nil = UINT32_MAX;

  struct Entry {
    IpAddress source;
    std::uint64_t identity = 0;
    TimePoint expires;
    std::uint32_t next = nil;   // in its bucket, or in the free list
    std::uint32_t older = nil;  // by expiry
    std::uint32_t newer = nil;
  };

  [[nodiscard]] std::uint32_t bucket_of(const IpAddress& source) const noexcept;
  [[nodiscard]] std::uint32_t lookup(const IpAddress& source) const noexcept;
  void set(const IpAddress& source, std::uint64_t identity, TimePoint expires, TimePoint now);
  std::uint32_t take_place(TimePoint now);
  void remove(std::uint32_t at);
  void link_by_expiry(std::uint32_t at);
  void unlink(std::uint32_t at);

  Duration ttl_;
  std::uint64_t seed_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> buckets_;  // power of two
  std::uint32_t free_ = nil;
  std::uint32_t oldest_ = nil;
  std::uint32_t newest_ = nil;
  std::uint32_t size_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace tandem::lbd
