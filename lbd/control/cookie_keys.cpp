#include "lbd/control/cookie_keys.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iterator>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"

namespace tandem::lbd {
namespace {

constexpr auto check_interval = std::chrono::minutes(1);

std::chrono::seconds unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

Result<CookieKey> base_key_of_cluster(const crypto::Key& cluster_key) {
  CookieKey base;
  if (auto done = crypto::hkdf_sha256(cluster_key, {}, "tandem lbd sticky cookies: base key", base.key); !done) {
    return done.error();
  }
  return base;
}

Result<CookieKey> random_base_key() {
  CookieKey base;
  if (auto done = crypto::random_bytes(base.key); !done) return done.error();
  return base;
}

CookieKeys::CookieKeys(boost::asio::io_context& io, const CookieKey& base, Duration patience, Outputs outputs)
    : timer_(io), ring_(base), patience_(patience), outputs_(std::move(outputs)) {}

void CookieKeys::start() {
  refresh();
  arm();
}

void CookieKeys::stop() { timer_.cancel(); }

void CookieKeys::entry(const wire::Entry& entry) {
  const auto id = parse_rotated_key_name(entry.key);
  if (const auto key = decode_rotated_key(entry.key, entry.value); key) {
    ring_.insert(*key, io::now(), unix_now());
  } else if (entry.deleted && id) {
    ring_.erase(*id);
  } else {
    ++ignored_;
    log::warning("cookie keys: ignoring an entry of the replicated table that is not a key (name {} bytes)",
                 entry.key.size());
    return;
  }
  refresh();
}

void CookieKeys::caught_up() {
  if (!may_rotate_from_) may_rotate_from_ = io::now() + patience_;
  rotate_if_due();
  refresh();
}

void CookieKeys::rotate_if_due() {
  if (!may_rotate_from_ || io::now() < *may_rotate_from_) return;
  if (!ring_.rotation_due(unix_now(), patience_)) return;
  RotatedKey fresh;
  fresh.created = unix_now();
  std::array<std::uint8_t, sizeof(std::uint32_t)> id{};
  auto random = crypto::random_bytes(fresh.key.key);
  if (random) random = crypto::random_bytes(id);
  if (!random) {
    log::error("cookie keys: no new key, the present ones stay in use: {}", random.error().message);
    return;
  }
  std::memcpy(&fresh.key.id, id.data(), id.size());
  fresh.key.id |= 1u;  // never 0, which is the base key's
  ring_.insert(fresh, io::now(), unix_now());
  outputs_.put(rotated_key_name(fresh.key.id), encode_rotated_key(fresh));
  log::info("cookie keys: made key {}, in use in a minute", rotated_key_name(fresh.key.id));
  for (const std::uint32_t old : ring_.surplus()) {
    ring_.erase(old);
    outputs_.erase(rotated_key_name(old));
  }
}

void CookieKeys::refresh() {
  const auto keys = ring_.keys(io::now());
  std::vector<std::uint32_t> ids;
  std::transform(keys.begin(), keys.end(), std::back_inserter(ids), [](const CookieKey& key) { return key.id; });
  if (ids == published_) return;
  published_ = std::move(ids);
  outputs_.publish(keys);
}

void CookieKeys::arm() {
  const TimePoint now = io::now();
  Duration wait = check_interval;
  if (const auto settles = ring_.deadline(now); settles) wait = std::min<Duration>(wait, *settles - now);
  timer_.expires_after(wait);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    rotate_if_due();
    refresh();
    arm();
  });
}

}  // namespace tandem::lbd
