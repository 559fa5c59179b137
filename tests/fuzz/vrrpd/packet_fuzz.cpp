// Any bytes into the decoder and the check of authenticated adverts; what the decoder accepts must survive our encoder.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "vrrpd/core/packet.hpp"
#include "vrrpd/core/seal.hpp"
#include "vrrpd/io/advert_seal.hpp"

using namespace tandem;        // NOLINT: harness
using namespace tandem::vrrp;  // NOLINT: harness

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// The addresses of an accepted advert, as configuration has them.
std::vector<Prefix> addresses_of(const Advert& advert) {
  std::vector<Prefix> out;
  const bool v6 = advert.source.is_v6();
  const std::size_t size = v6 ? 16 : 4;
  for (std::size_t i = 0; i < advert.addresses.size(); i += size) {
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(advert.addresses.begin() + static_cast<std::ptrdiff_t>(i), size, bytes.begin());
    out.push_back({v6 ? IpAddress::v6(bytes) : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}), 32});
  }
  return out;
}

// What our encoder makes of an accepted advert is decoded to the same.
void round_trip(const Advert& advert) {
  const auto addresses = addresses_of(advert);
  if (addresses.size() > max_addresses) return;
  std::array<std::uint8_t, max_advert_bytes> message{};
  const std::size_t length = encode({.version = advert.version, .vrid = advert.vrid, .priority = advert.priority,
                                     .interval = advert.interval, .source = advert.source,
                                     .destination = advert.destination, .form = advert.form,
                                     .trailer = advert.trailer},
                                    addresses, message);
  const Decoded again = decode(Datagram{.source = advert.source, .destination = advert.destination,
                                        .ttl = required_ttl, .message = {message.data(), length}});
  require(again.drop == Drop::none);
  require(again.advert.version == advert.version);
  require(again.advert.vrid == advert.vrid && again.advert.priority == advert.priority);
  require(again.advert.interval == advert.interval);
  require(same_addresses(again.advert, addresses));
  require(again.advert.trailer.has_value() == advert.trailer.has_value());
  if (!advert.trailer) return;
  require(again.advert.trailer->stamp == advert.trailer->stamp && again.advert.trailer->mac == advert.trailer->mac);
  // MAC and checksum are no part of the text.
  const auto before = SealedText(advert.source, advert.message);
  std::vector<std::uint8_t> changed(advert.message.begin(), advert.message.end());
  std::fill(changed.end() - sizeof(Mac), changed.end(), std::uint8_t{0});
  put_mac(Mac{1, 2, 3}, changed);
  const auto after = SealedText(advert.source, changed);
  require(std::equal(before.view().begin(), before.view().end(), after.view().begin(), after.view().end()));
}

// A node called lb2 whose peer is lb1, with a cluster key of zeros: lb1's adverts are believed once, all others never.
void authenticate(const Advert& advert) {
  static const AdvertKeys keys = advert_keys(crypto::Key{}, "lb2", "lb1").value();
  Stamps stamps;
  stamps.start(1, {});
  AdvertSeal seal(stamps);
  AdvertGate gate(seal, keys);
  const Drop first = gate.check(advert, TimePoint{});
  require((first == Drop::no_authentication) == !advert.trailer);
  if (first == Drop::none) require(gate.check(advert, TimePoint{}) == Drop::replayed);
}

void check(const Decoded& decoded) {
  require(!to_string(decoded.drop).empty());
  if (decoded.drop != Drop::none) return;
  require(decoded.vrid == decoded.advert.vrid && decoded.v6 == decoded.advert.source.is_v6());
  require(!decoded.advert.addresses.empty() && decoded.advert.interval > Duration::zero());
  round_trip(decoded.advert);
  authenticate(decoded.advert);
}

}  // namespace

// An IPv4 packet; or, if the first nibble is not 4, the fields of an IPv6 header that count and a message:
// one byte, hop limit, source, destination.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  check(decode(bytes));
  constexpr std::size_t v6_fields = 2 + 16 + 16;
  if (size < v6_fields || bytes[0] >> 4 == 4) return 0;
  std::array<std::uint8_t, 16> source{};
  std::array<std::uint8_t, 16> destination{};
  std::copy_n(data + 2, 16, source.begin());
  std::copy_n(data + 18, 16, destination.begin());
  check(decode(Datagram{.source = IpAddress::v6(source), .destination = IpAddress::v6(destination), .ttl = bytes[1],
                        .message = bytes.subspan(v6_fields)}));
  return 0;
}
