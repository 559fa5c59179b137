#include "vrrpd/core/heartbeat.hpp"

#include <algorithm>

namespace tandem::vrrp {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::size_t head_bytes = 22;
constexpr std::size_t address_bytes = 12;
constexpr std::uint8_t owns_flag = 1;
constexpr std::uint8_t fit_flag = 2;
constexpr std::uint8_t hears_flag = 4;

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t get(std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
    return value;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

bool by_name(const HeartbeatAddress& a, const HeartbeatAddress& b) { return a.name < b.name; }

}  // namespace

// FNV-1a: both nodes have the same names from the same configuration.
std::uint32_t name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash;
}

std::string encode(const Heartbeat& heartbeat) {
  const std::size_t count = std::min(heartbeat.addresses.size(), most_heartbeat_addresses);
  std::string out;
  out.reserve(head_bytes + count * address_bytes);
  put(out, format, 1);
  put(out, heartbeat.boot, 8);
  put(out, heartbeat.sequence, 8);
  put(out, heartbeat.period_ms, 2);
  put(out, static_cast<std::uint8_t>(heartbeat.sight), 1);
  put(out, count, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const HeartbeatAddress& address = heartbeat.addresses[i];
    put(out, address.name, 4);
    put(out, (address.owns ? owns_flag : 0U) | (address.fit ? fit_flag : 0U) | (address.hears ? hears_flag : 0U), 1);
    put(out, address.priority, 1);
    put(out, address.epoch, 6);
  }
  return out;
}

std::optional<Heartbeat> decode_heartbeat(std::string_view bytes) {
  if (bytes.size() < head_bytes) return std::nullopt;
  Reader reader(bytes);
  if (reader.get(1) != format) return std::nullopt;
  Heartbeat out;
  out.boot = reader.get(8);
  out.sequence = reader.get(8);
  out.period_ms = static_cast<std::uint16_t>(reader.get(2));
  const std::uint64_t sight = reader.get(1);
  const std::uint64_t count = reader.get(2);
  if (out.period_ms == 0 || sight > static_cast<std::uint64_t>(Sight::lost)) return std::nullopt;
  if (count > most_heartbeat_addresses || bytes.size() != head_bytes + count * address_bytes) return std::nullopt;
  out.sight = static_cast<Sight>(sight);
  for (std::uint64_t i = 0; i < count; ++i) {
    HeartbeatAddress address;
    address.name = static_cast<std::uint32_t>(reader.get(4));
    const std::uint64_t flags = reader.get(1);
    address.owns = (flags & owns_flag) != 0;
    address.fit = (flags & fit_flag) != 0;
    address.hears = (flags & hears_flag) != 0;
    address.priority = static_cast<std::uint8_t>(reader.get(1));
    address.epoch = reader.get(6);
    out.addresses.push_back(address);
  }
  return out;
}

void PeerHeartbeat::take(const Heartbeat& heartbeat, TimePoint now) {
  const bool same_boot = known_ && heartbeat.boot == last_.boot;
  if (same_boot && heartbeat.sequence <= last_.sequence) return;
  proven_ = same_boot;
  if (proven_) heard_ = now;
  known_ = true;
  last_ = heartbeat;
  std::sort(last_.addresses.begin(), last_.addresses.end(), by_name);
}

std::optional<TimePoint> PeerHeartbeat::next_doubt(TimePoint now) const {
  if (gone(now)) return std::nullopt;
  return heard_ + (fresh(now) ? 3 : 6) * period();
}

const HeartbeatAddress* PeerHeartbeat::find(std::uint32_t name) const {
  const auto found = std::lower_bound(last_.addresses.begin(), last_.addresses.end(), HeartbeatAddress{.name = name}, by_name);
  return found == last_.addresses.end() || found->name != name ? nullptr : &*found;
}

std::optional<PeerVoice> PeerHeartbeat::voice(std::uint32_t name, TimePoint now) const {
  const HeartbeatAddress* address = find(name);
  if (!fresh(now) || address == nullptr) return std::nullopt;
  return PeerVoice{.owns = address->owns, .fit = address->fit, .hears = address->hears, .sight = last_.sight, .epoch = address->epoch,
                   .priority = address->priority};
}

std::uint64_t PeerHeartbeat::epoch(std::uint32_t name) const {
  const HeartbeatAddress* address = find(name);
  return address == nullptr ? 0 : address->epoch;
}

}  // namespace tandem::vrrp
