// Which keys open sticky cookies now, which one seals, and when a new one is due.
//
// Keys travel in the replicated table "keys": whoever finds that the newest is old puts another one. A key is used
// for sealing only after a minute, so that the peer can open what it is handed after a failover.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "lbd/runtime/messages.hpp"

namespace tandem::lbd {

inline constexpr std::string_view keys_table = "keys";
inline constexpr Duration key_rotation = std::chrono::hours(12);
inline constexpr Duration key_settling = std::chrono::minutes(1);
inline constexpr std::size_t live_keys = 3;  // rotated ones, beside the base key

/// A rotated key and when it was made, in seconds since 1970.
struct RotatedKey {
  CookieKey key;
  std::chrono::seconds created{};
};

/// Pure: time comes in. Owned by the control thread.
class CookieKeyRing {
 public:
  /// `base` (id 0) always opens, and seals as long as no rotated key is settled.
  explicit CookieKeyRing(const CookieKey& base) : base_(base) {}

  /// A key of the table. `now` is when it was first seen here, `unix_now` the wall clock; ids 0 and known ones are
  /// ignored.
  void insert(const RotatedKey& key, TimePoint now, std::chrono::seconds unix_now);
  void erase(std::uint32_t id);

  /// The live keys for SetCookieKeys: the sealing one first.
  [[nodiscard]] std::vector<CookieKey> keys(TimePoint now) const;
  /// When keys() changes by itself next; nullopt: not.
  [[nodiscard]] std::optional<TimePoint> deadline(TimePoint now) const;

  /// True if no key is younger than the rotation period plus `patience` (the second node of a pair waits a little, so
  /// that the two do not make one each).
  [[nodiscard]] bool rotation_due(std::chrono::seconds unix_now, Duration patience) const;
  /// Keys beyond the newest three: to be erased from the table.
  [[nodiscard]] std::vector<std::uint32_t> surplus() const;

 private:
  struct Held {
    RotatedKey key;
    TimePoint settled;  // seals from then on
  };
  [[nodiscard]] std::vector<const Held*> newest_first() const;

  CookieKey base_;
  std::map<std::uint32_t, Held> held_;
};

/// A key as a table entry: key "ID" in hexadecimal, value "CREATED KEY" (decimal seconds, 64 hexadecimal digits).
[[nodiscard]] std::string rotated_key_name(std::uint32_t id);
/// The id of such a name; nullopt for anything else, and for id 0.
[[nodiscard]] std::optional<std::uint32_t> parse_rotated_key_name(std::string_view name);
[[nodiscard]] std::string encode_rotated_key(const RotatedKey& key);
/// nullopt for anything else.
[[nodiscard]] std::optional<RotatedKey> decode_rotated_key(std::string_view name, std::string_view value);

}  // namespace tandem::lbd
