// Any bytes into the decoder; what it accepts must survive our encoder.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "vrrpd/core/packet.hpp"

using namespace tandem;        // NOLINT: harness
using namespace tandem::vrrp;  // NOLINT: harness

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// The message that our encoder makes of an accepted advert, as a packet again.
std::vector<std::uint8_t> rebuilt(const Advert& advert, std::vector<Prefix>& addresses) {
  for (std::size_t i = 0; i < advert.addresses.size(); i += 4) {
    addresses.push_back({IpAddress::v4({advert.addresses[i], advert.addresses[i + 1], advert.addresses[i + 2],
                                        advert.addresses[i + 3]}), 32});
  }
  std::array<std::uint8_t, max_advert_bytes> message{};
  const std::size_t length = encode({.vrid = advert.vrid, .priority = advert.priority,
                                     .interval = from_centiseconds(advert.interval_cs), .source = advert.source,
                                     .destination = advert.destination, .form = advert.form},
                                    addresses, message);
  std::vector<std::uint8_t> packet(20 + length);
  packet[0] = 0x45;
  packet[2] = static_cast<std::uint8_t>(packet.size() >> 8);
  packet[3] = static_cast<std::uint8_t>(packet.size() & 0xff);
  packet[8] = required_ttl;
  packet[9] = ip_protocol;
  std::copy_n(advert.source.bytes().begin(), 4, packet.begin() + 12);
  std::copy_n(advert.destination.bytes().begin(), 4, packet.begin() + 16);
  std::copy_n(message.begin(), length, packet.begin() + 20);
  return packet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Decoded decoded = decode({data, size});
  require(!to_string(decoded.drop).empty());
  if (decoded.drop != Drop::none) return 0;
  require(decoded.vrid == decoded.advert.vrid);
  require(!decoded.advert.addresses.empty() && decoded.advert.interval_cs > 0);
  if (decoded.advert.addresses.size() / 4 > max_addresses) return 0;

  std::vector<Prefix> addresses;
  const auto packet = rebuilt(decoded.advert, addresses);
  const Decoded again = decode(packet);
  require(again.drop == Drop::none);
  require(again.advert.source == decoded.advert.source && again.advert.destination == decoded.advert.destination);
  require(again.advert.vrid == decoded.advert.vrid && again.advert.priority == decoded.advert.priority);
  require(again.advert.interval_cs == decoded.advert.interval_cs);
  require(same_addresses(again.advert, addresses));
  return 0;
}
