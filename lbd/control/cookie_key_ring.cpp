#include "lbd/control/cookie_key_ring.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

namespace tandem::lbd {
namespace {

template <class Number>
bool parse_number(std::string_view text, int base, Number& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool parse_key(std::string_view hex, std::array<std::uint8_t, 32>& out) {
  if (hex.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!parse_number(hex.substr(2 * i, 2), 16, out[i])) return false;
  }
  return true;
}

}  // namespace

void CookieKeyRing::insert(const RotatedKey& key, TimePoint now, std::chrono::seconds unix_now) {
  if (key.key.id == base_.id) return;
  // After a restart the keys of the table are new to us, but their creation says that the peer has had them for long.
  const Duration age = std::max<Duration>(unix_now - key.created, Duration::zero());
  held_.try_emplace(key.key.id, Held{key, now + std::max<Duration>(key_settling - age, Duration::zero())});
}

void CookieKeyRing::erase(std::uint32_t id) { held_.erase(id); }

std::vector<const CookieKeyRing::Held*> CookieKeyRing::newest_first() const {
  std::vector<const Held*> result;
  for (const auto& [id, held] : held_) result.push_back(&held);
  // Equal on both nodes: by creation, then by id.
  std::sort(result.begin(), result.end(), [](const Held* a, const Held* b) {
    return std::pair(a->key.created, a->key.key.id) > std::pair(b->key.created, b->key.key.id);
  });
  return result;
}

std::vector<CookieKey> CookieKeyRing::keys(TimePoint now) const {
  auto order = newest_first();
  if (order.size() > live_keys) order.resize(live_keys);
  const auto sealing =
      std::find_if(order.begin(), order.end(), [now](const Held* held) { return held->settled <= now; });
  std::vector<CookieKey> result;
  result.push_back(sealing == order.end() ? base_ : (*sealing)->key.key);
  for (const Held* held : order) {
    if (held->key.key.id != result.front().id) result.push_back(held->key.key);
  }
  if (result.front().id != base_.id) result.push_back(base_);
  return result;
}

std::optional<TimePoint> CookieKeyRing::deadline(TimePoint now) const {
  std::optional<TimePoint> next;
  for (const auto& [id, held] : held_) {
    if (held.settled > now && (!next || held.settled < *next)) next = held.settled;
  }
  return next;
}

bool CookieKeyRing::rotation_due(std::chrono::seconds unix_now, Duration patience) const {
  return std::none_of(held_.begin(), held_.end(), [&](const auto& entry) {
    return unix_now - entry.second.key.created < key_rotation + patience;
  });
}

std::vector<std::uint32_t> CookieKeyRing::surplus() const {
  const auto order = newest_first();
  std::vector<std::uint32_t> result;
  for (std::size_t i = live_keys; i < order.size(); ++i) result.push_back(order[i]->key.key.id);
  return result;
}

std::string rotated_key_name(std::uint32_t id) { return fmt::format("{:08x}", id); }

std::optional<std::uint32_t> parse_rotated_key_name(std::string_view name) {
  std::uint32_t id = 0;
  if (name.size() != 8 || !parse_number(name, 16, id) || id == 0) return std::nullopt;
  return id;
}

std::string encode_rotated_key(const RotatedKey& key) {
  std::string value = fmt::format("{} ", key.created.count());
  for (const std::uint8_t byte : key.key.key) value += fmt::format("{:02x}", byte);
  return value;
}

std::optional<RotatedKey> decode_rotated_key(std::string_view name, std::string_view value) {
  const auto id = parse_rotated_key_name(name);
  if (!id) return std::nullopt;
  RotatedKey result;
  result.key.id = *id;
  const auto space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::uint32_t created = 0;  // enough until 2106, and no arithmetic with it can overflow
  if (!parse_number(value.substr(0, space), 10, created)) return std::nullopt;
  if (!parse_key(value.substr(space + 1), result.key.key)) return std::nullopt;
  result.created = std::chrono::seconds(created);
  return result;
}

}  // namespace tandem::lbd
