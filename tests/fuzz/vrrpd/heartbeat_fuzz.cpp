// Any bytes into the decoder of heartbeats; what it accepts is encoded to the same bytes, but for unknown flags.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vrrpd/core/heartbeat.hpp"

using namespace tandem;        // NOLINT: harness
using namespace tandem::vrrp;  // NOLINT: harness

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto heartbeat = decode_heartbeat(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!heartbeat) return 0;
  require(heartbeat->addresses.size() <= most_heartbeat_addresses && heartbeat->period_ms > 0);
  const std::string bytes = encode(*heartbeat);
  require(bytes.size() == size);
  require(decode_heartbeat(bytes) == heartbeat);

  const TimePoint start{std::chrono::hours(1)};
  PeerHeartbeat peer;
  peer.take(*heartbeat, start);
  require(!peer.fresh(start));
  Heartbeat next = *heartbeat;
  ++next.sequence;
  peer.take(next, start);
  require(peer.fresh(start) == (next.sequence != 0));  // a sequence that wraps round is an old one
  for (const HeartbeatAddress& address : next.addresses) require(peer.voice(address.name, start).has_value() == peer.fresh(start));
  return 0;
}
