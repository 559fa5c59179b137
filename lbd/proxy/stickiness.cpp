#include "lbd/proxy/stickiness.hpp"

#include <chrono>

#include "lbd/core/sticky/cookie.hpp"

namespace tandem::lbd {

namespace {

using config::StickyConfig;

std::int64_t ttl_seconds(const StickyConfig& sticky) {
  return std::chrono::duration_cast<std::chrono::seconds>(sticky.ttl).count();
}

void tell(WorkerContext& context, const Group& group, const IpAddress& source, std::uint64_t identity) {
  context.sink.post(StickyLearned{context.index, {group.id(), source, identity, group.config().sticky->ttl}});
}

}  // namespace

Backend* Stickiness::find(WorkerContext& context, Group& group, const http1::MessageHead* head,
                          const IpAddress& source) {
  const StickyConfig& sticky = *group.config().sticky;
  if (sticky.type == StickyConfig::Type::cookie) {
    if (head == nullptr) return nullptr;
    const auto value = find_cookie(*head, sticky.name);
    if (!value) return nullptr;
    const auto cookie =
        open_sticky_cookie(*value, group.identity(), context.unix_seconds, ttl_seconds(sticky), context.cookie_keys);
    if (!cookie) return nullptr;
    bound_to_ = cookie->backend_identity;
    refresh_ = cookie->refresh;
  } else {
    const auto hit = group.sources()->find(source, context.loop.now());
    if (!hit) return nullptr;
    bound_to_ = hit->backend_identity;
    if (hit->refreshed) tell(context, group, source, bound_to_);
  }
  return group.pick_bound(bound_to_);
}

void Stickiness::bind(WorkerContext& context, Group& group, const Backend& backend, const IpAddress& source) {
  const std::uint64_t identity = backend.snapshot().identity;
  kept_ = bound_to_ == identity;
  SourceTable* const sources = group.sources();
  if (kept_ || sources == nullptr) return;
  const std::uint64_t evictions = sources->evictions();
  sources->bind(source, identity, context.loop.now());
  context.counters.sticky_evicted.add(sources->evictions() - evictions);
  bound_to_ = identity;
  tell(context, group, source, identity);
}

std::string_view Stickiness::set_cookie_line(WorkerContext& context, Group& group, const Backend& backend,
                                             std::span<char> out) {
  if (!group.config().sticky || group.config().sticky->type != StickyConfig::Type::cookie) return {};
  const std::uint64_t identity = backend.snapshot().identity;
  if (bound_to_ == identity && !refresh_) return {};
  const StickyConfig& sticky = *group.config().sticky;
  return write_sticky_cookie(out, sticky.name, group.identity(), identity, context.unix_seconds,
                             ttl_seconds(sticky), false, context.cookie_keys);
}

}  // namespace tandem::lbd
