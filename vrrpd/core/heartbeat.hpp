// What vrrpd tells its peer over the sync link, in step with its adverts: itself and its virtual addresses, as bytes.
//
// Pure; decode() is safe on any bytes. The age of a heartbeat is counted by the reader's clock, from the moment that a new
// sequence number arrived: no clocks are compared. The value is carried by syncd's table `vrrp` under the node's name.
//
// Format, big-endian: version 1 (1 byte), boot (8), sequence (8), period in ms (2), sight (1), count (2); then per address
// 12 bytes: hash of its name (4), flags (1: owns, 2: fit, 4: hears), priority (1), epoch (6).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {

struct HeartbeatAddress {
  std::uint32_t name = 0;  // name_hash()
  bool owns = false;
  bool fit = false;
  bool hears = false;
  std::uint8_t priority = 0;
  std::uint64_t epoch = 0;  // below 2^48
  bool operator==(const HeartbeatAddress&) const = default;
};

struct Heartbeat {
  std::uint64_t boot = 0;      // differs at each start of vrrpd
  std::uint64_t sequence = 0;  // grows with each heartbeat of a boot
  std::uint16_t period_ms = 100;  // the next one comes within it
  Sight sight = Sight::unknown;
  std::vector<HeartbeatAddress> addresses;  // at most most_heartbeat_addresses: a replicated value holds 4096 bytes
  bool operator==(const Heartbeat&) const = default;
};
inline constexpr std::size_t most_heartbeat_addresses = 339;

std::uint32_t name_hash(std::string_view name);
std::string encode(const Heartbeat& heartbeat);
std::optional<Heartbeat> decode_heartbeat(std::string_view bytes);

/// What the peer said last, and whether it is still to be believed.
class PeerHeartbeat {
 public:
  /// A value arrived at `now`. The first one of a boot may be an old one that syncd kept: it proves nothing yet.
  void take(const Heartbeat& heartbeat, TimePoint now);

  /// Fresh: a heartbeat came within three of its periods.
  [[nodiscard]] bool fresh(TimePoint now) const { return proven_ && now < heard_ + 3 * period(); }
  /// Silent for twice as long. A peer that was cut off at the same moment has given up: it heard us a period later at most,
  /// was patient for three and noticed their end at once. Two are left for the way through syncd and a late process.
  [[nodiscard]] bool gone(TimePoint now) const { return !proven_ || now >= heard_ + 6 * period(); }
  /// When what is to be believed changes next if nothing more comes: it is fresh no more, and later gone. nullopt: it is gone.
  [[nodiscard]] std::optional<TimePoint> next_doubt(TimePoint now) const;
  /// Of the address, if fresh and the peer knows it.
  [[nodiscard]] std::optional<PeerVoice> voice(std::uint32_t name, TimePoint now) const;
  /// When the last proof of life came; nullopt if none did.
  [[nodiscard]] std::optional<TimePoint> heard() const { return proven_ ? std::optional(heard_) : std::nullopt; }
  /// The greatest epoch that the peer ever named for the address, fresh or not.
  [[nodiscard]] std::uint64_t epoch(std::uint32_t name) const;

 private:
  [[nodiscard]] Duration period() const { return std::chrono::milliseconds(last_.period_ms); }
  [[nodiscard]] const HeartbeatAddress* find(std::uint32_t name) const;

  Heartbeat last_;
  bool known_ = false;
  bool proven_ = false;
  TimePoint heard_{};
};

}  // namespace tandem::vrrp
