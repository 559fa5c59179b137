#include "lbd/core/sticky/source_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/base/assert.hpp"

namespace tandem::lbd {

SourceTable::SourceTable(std::uint32_t max_entries, Duration ttl, std::uint64_t seed)
    : ttl_(ttl), seed_(seed), entries_(max_entries),
      buckets_(std::bit_ceil(std::size_t{max_entries} + max_entries / 2), nil) {
  TANDEM_ASSERT(max_entries >= 1 && max_entries < nil && ttl > Duration::zero());
  for (std::uint32_t i = max_entries; i-- > 0;) {
    entries_[i].next = free_;
    free_ = i;
  }
}

std::uint32_t SourceTable::bucket_of(const IpAddress& source) const noexcept {
  std::array<std::uint64_t, 2> words{};
  const auto bytes = source.bytes();
  std::memcpy(words.data(), bytes.data(), bytes.size());
  std::uint64_t hash = (words[0] ^ seed_) * 0x9e3779b97f4a7c15U;
  hash = (hash ^ hash >> 32 ^ words[1] ^ bytes.size()) * 0xd6e8feb86659fd93U;
  hash ^= hash >> 32;
  return static_cast<std::uint32_t>(hash & (buckets_.size() - 1));
}

std::uint32_t SourceTable::lookup(const IpAddress& source) const noexcept {
  std::uint32_t at = buckets_[bucket_of(source)];
  while (at != nil && entries_[at].source != source) at = entries_[at].next;
  return at;
}

std::optional<SourceTable::Hit> SourceTable::find(const IpAddress& source, TimePoint now) {
  const std::uint32_t at = lookup(source);
  if (at == nil) return std::nullopt;
  Entry& entry = entries_[at];
  if (entry.expires <= now) {
    remove(at);
    return std::nullopt;
  }
  const bool aged = entry.expires - now < ttl_ - ttl_ / 8;
  if (aged) {
    unlink(at);
    entry.expires = now + ttl_;
    link_by_expiry(at);
  }
  return Hit{entry.identity, aged};
}

void SourceTable::bind(const IpAddress& source, std::uint64_t backend_identity, TimePoint now) {
  set(source, backend_identity, now + ttl_, now);
}

void SourceTable::learn(const IpAddress& source, std::uint64_t backend_identity, Duration ttl_left,
                        TimePoint now) {
  if (ttl_left <= Duration::zero()) {
    erase(source);
    return;
  }
  const TimePoint expires = now + std::min(ttl_left, ttl_);
  const std::uint32_t known = lookup(source);
  if (known != nil && entries_[known].expires > expires) return;
  set(source, backend_identity, expires, now);
}

void SourceTable::erase(const IpAddress& source) {
  if (const std::uint32_t at = lookup(source); at != nil) remove(at);
}

void SourceTable::set(const IpAddress& source, std::uint64_t identity, TimePoint expires, TimePoint now) {
  std::uint32_t at = lookup(source);
  if (at != nil) {
    unlink(at);
  } else {
    at = take_place(now);
    std::uint32_t& bucket = buckets_[bucket_of(source)];
    entries_[at].source = source;
    entries_[at].next = bucket;
    bucket = at;
    ++size_;
  }
  entries_[at].identity = identity;
  entries_[at].expires = expires;
  link_by_expiry(at);
}

std::uint32_t SourceTable::take_place(TimePoint now) {
  if (free_ == nil) {
    if (entries_[oldest_].expires > now) ++evictions_;
    remove(oldest_);
  }
  const std::uint32_t at = free_;
  free_ = entries_[at].next;
  return at;
}

void SourceTable::remove(std::uint32_t at) {
  std::uint32_t* link = &buckets_[bucket_of(entries_[at].source)];
  while (*link != at) link = &entries_[*link].next;
  *link = entries_[at].next;
  unlink(at);
  entries_[at].next = free_;
  free_ = at;
  --size_;
}

void SourceTable::link_by_expiry(std::uint32_t at) {
  // Own bindings get the full ttl and go to the end at once. One learned with less left may have to
  // pass others; a bounded search keeps that cheap, at the price of an order that is only nearly exact.
  constexpr int most_steps = 16;
  std::uint32_t older = newest_;
  for (int steps = 0; steps < most_steps && older != nil; ++steps) {
    if (entries_[older].expires <= entries_[at].expires) break;
    older = entries_[older].older;
  }
  Entry& entry = entries_[at];
  entry.older = older;
  entry.newer = older == nil ? oldest_ : entries_[older].newer;
  (entry.older == nil ? oldest_ : entries_[entry.older].newer) = at;
  (entry.newer == nil ? newest_ : entries_[entry.newer].older) = at;
}

void SourceTable::unlink(std::uint32_t at) {
  const Entry& entry = entries_[at];
  (entry.older == nil ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == nil ? newest_ : entries_[entry.newer].older) = entry.older;
}

}  // namespace tandem::lbd
