// Version 3 on IPv6 and version 2 on IPv4, and what the configuration expects of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/vrrpd/packet_bytes.hpp"
#include "vrrpd/core/packet.hpp"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bytes;
using test::fix_checksum;

IpAddress address(const char* text) { return *IpAddress::parse(text); }
Prefix prefix(const char* text) { return *Prefix::parse(text); }

const IpAddress peer6 = address("fe80::11");
const IpAddress own6 = address("fe80::12");

// VRID 52, priority 252, 1 s; fe80::112:34 and 2001:db8::101. The checksum was computed by hand:
// the pseudo-header of fe80::11, ff02::12, length 40, next header 112.
const Bytes v6_message = {0x31, 52, 252, 2, 0x00, 100, 0xa5, 0xa4,
                          0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x12, 0, 0x34,
                          0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x01};

Datagram v6(const Bytes& message) {
  return {.source = peer6, .destination = multicast_group(true), .ttl = 255, .message = message};
}

// The plain version 2 advert: VRID 51, priority 100, 2 s, 192.0.2.100.
Bytes v2_packet() {
  Bytes packet = {0x45, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0xff, 0x70, 0x00, 0x00, 192, 0, 2, 11, 224, 0, 0, 18,
                  0x21, 51, 100, 1, 0, 2, 0, 0, 192, 0, 2, 100, 0, 0, 0, 0, 0, 0, 0, 0};
  fix_checksum(packet);
  return packet;
}

TEST_CASE("5.1.2: an advertisement on IPv6") {
  const Decoded decoded = decode(v6(v6_message));
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.v6);
  CHECK(decoded.advert.vrid == 52);
  CHECK(decoded.advert.priority == 252);
  CHECK(decoded.advert.interval == seconds(1));
  CHECK(same_addresses(decoded.advert, {{prefix("2001:db8::101/64"), prefix("fe80::112:34/64")}}));
  CHECK_FALSE(same_addresses(decoded.advert, {{prefix("2001:db8::101/64"), prefix("fe80::1/64")}}));
}

TEST_CASE("5.1.2.2: the group of IPv6") { CHECK(multicast_group(true) == address("ff02::12")); }

TEST_CASE("7.1 on IPv6: every check has its cause") {
  Datagram hops = v6(v6_message);
  hops.ttl = 254;
  CHECK(decode(hops).drop == Drop::ttl);
  Datagram other_source = v6(v6_message);
  other_source.source = address("fe80::99");
  CHECK(decode(other_source).drop == Drop::checksum);
  Bytes message = v6_message;
  message.pop_back();
  CHECK(decode(v6(message)).drop == Drop::truncated);
  message = v6_message;
  message[0] = 0x21;
  CHECK(decode(v6(message)).drop == Drop::version);  // there is no version 2 on IPv6
  message = v6_message;
  message[0] = 0x32;
  CHECK(decode(v6(message)).drop == Drop::type);
  message.resize(7);
  CHECK(decode(v6(message)).drop == Drop::truncated);
  CHECK(decode(v6({})).drop == Drop::truncated);
  CHECK(decode(v6({})).vrid == 0);
}

TEST_CASE("7.1 on IPv6: a checksum without pseudo-header is wrong (5.2.8)") {
  Bytes message = v6_message;
  message[6] = 0xa3;
  message[7] = 0xe3;
  CHECK(decode(v6(message)).drop == Drop::checksum);
}

TEST_CASE("a flipped bit anywhere in an IPv6 or version 2 message is noticed") {
  for (std::size_t bit = 0; bit < v6_message.size() * 8; ++bit) {
    Bytes message = v6_message;
    message[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK(decode(v6(message)).drop != Drop::none);
  }
  for (std::size_t bit = 20 * 8; bit < v2_packet().size() * 8; ++bit) {
    Bytes packet = v2_packet();
    packet[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK(decode(packet).drop != Drop::none);
  }
}

TEST_CASE("RFC 3768 5.3: a version 2 advertisement") {
  const Bytes packet = v2_packet();  // the decoded addresses point into it
  const Decoded decoded = decode(packet);
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.advert.version == Version::v2);
  CHECK(decoded.advert.vrid == 51);
  CHECK(decoded.advert.priority == 100);
  CHECK(decoded.advert.interval == seconds(2));
  CHECK(same_addresses(decoded.advert, {{prefix("192.0.2.100/24")}}));
}

TEST_CASE("RFC 3768 7.1: every check of version 2 has its cause") {
  const auto spoiled = [](void (*spoil)(Bytes&)) {
    Bytes packet = v2_packet();
    spoil(packet);
    fix_checksum(packet);
    return decode(packet).drop;
  };
  CHECK(spoiled([](Bytes& p) { p[24] = 1; }) == Drop::auth_type);  // a password in clear
  CHECK(spoiled([](Bytes& p) { p[25] = 0; }) == Drop::interval);
  CHECK(spoiled([](Bytes& p) { p.resize(39), p[3] = 39; }) == Drop::truncated);  // authentication data cut
  CHECK(spoiled([](Bytes& p) { p[23] = 0; }) == Drop::no_address);
  // No pseudo-header in version 2.
  Bytes pseudo = v2_packet();
  const auto sum = static_cast<std::uint16_t>(pseudo[26] << 8 | pseudo[27]);
  const auto other = static_cast<std::uint16_t>(sum - 0x1234);
  pseudo[26] = static_cast<std::uint8_t>(other >> 8);
  pseudo[27] = static_cast<std::uint8_t>(other & 0xff);
  CHECK(decode(pseudo).drop == Drop::checksum);
}

TEST_CASE("classify: version, interval of version 2, link-local source") {
  const Bytes packet = v2_packet();
  const Advert v2 = decode(packet).advert;
  const IpAddress own4 = address("192.0.2.12");
  CHECK(classify(v2, {.own_address = own4, .version = Version::v2, .interval = seconds(2)}) == Drop::none);
  CHECK(classify(v2, {.own_address = own4, .version = Version::v2, .interval = seconds(1)}) == Drop::interval);
  CHECK(classify(v2, {.own_address = own4, .version = Version::v3, .interval = seconds(2)}) == Drop::version);

  Advert v3 = decode(v6(v6_message)).advert;
  CHECK(classify(v3, {.own_address = own6}) == Drop::none);
  CHECK(classify(v3, {.own_address = own6, .version = Version::v2}) == Drop::version);
  CHECK(classify(v3, {.own_address = peer6}) == Drop::own);
  v3.source = address("2001:db8::11");
  CHECK(classify(v3, {.own_address = own6}) == Drop::source);
  v3.destination = address("2001:db8::12");
  const Expectation unicast{.own_address = v3.destination, .unicast = true, .peer_address = v3.source};
  CHECK(classify(v3, unicast) == Drop::none);
  v3.source = address("2001:db8::66");
  CHECK(classify(v3, unicast) == Drop::not_peer);
}

TEST_CASE("encode: the known bytes of IPv6 and of version 2") {
  std::array<std::uint8_t, max_advert_bytes> bytes{};
  std::size_t length = encode({.vrid = 52, .priority = 252, .interval = seconds(1), .source = peer6,
                               .destination = multicast_group(true)},
                              {{prefix("fe80::112:34/64"), prefix("2001:db8::101/64")}}, bytes);
  CHECK(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)) == v6_message);
  const Bytes expected = v2_packet();
  length = encode({.version = Version::v2, .vrid = 51, .priority = 100, .interval = seconds(2),
                   .source = address("192.0.2.11"), .destination = multicast_group(false),
                   .form = ChecksumForm::rfc5798},
                  {{prefix("192.0.2.100/24")}}, bytes);
  CHECK(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)) ==
        Bytes(expected.begin() + 20, expected.end()));
}

TEST_CASE("on_the_wire: what each version can say") {
  CHECK(on_the_wire(Version::v3, milliseconds(14)) == milliseconds(10));
  CHECK(on_the_wire(Version::v3, seconds(50)) == milliseconds(40'950));
  CHECK(on_the_wire(Version::v2, milliseconds(400)) == seconds(1));
  CHECK(on_the_wire(Version::v2, milliseconds(1600)) == seconds(2));
  CHECK(on_the_wire(Version::v2, seconds(300)) == seconds(255));
}

TEST_CASE("property: decode(encode(x)) == x on IPv6, and in version 2") {
  std::mt19937 random(1);
  const auto byte = [&random] { return static_cast<std::uint8_t>(random() & 0xff); };
  const auto any_v6 = [&byte] {
    std::array<std::uint8_t, 16> bytes{};
    std::generate(bytes.begin(), bytes.end(), byte);
    return IpAddress::v6(bytes);
  };
  const auto any_v4 = [&byte] { return IpAddress::v4({10, byte(), byte(), byte()}); };
  for (int round = 0; round < 10'000; ++round) {
    const bool v6_round = random() % 2 == 0;
    std::vector<Prefix> addresses(1 + random() % max_addresses);
    for (Prefix& p : addresses) p = {v6_round ? any_v6() : any_v4(), 24};
    const Outgoing out{.version = v6_round ? Version::v3 : Version::v2, .vrid = byte(), .priority = byte(),
                       .interval = v6_round ? Duration(milliseconds(10) * (1 + random() % 4095))
                                            : Duration(seconds(1 + random() % 255)),
                       .source = v6_round ? any_v6() : any_v4(), .destination = v6_round ? any_v6() : any_v4()};
    std::array<std::uint8_t, max_advert_bytes> bytes{};
    const std::size_t length = encode(out, addresses, bytes);
    const Decoded decoded = decode(Datagram{.source = out.source, .destination = out.destination, .ttl = 255,
                                            .message = {bytes.data(), length}});
    REQUIRE(decoded.drop == Drop::none);
    CHECK(decoded.advert.version == out.version);
    CHECK(decoded.advert.vrid == out.vrid);
    CHECK(decoded.advert.priority == out.priority);
    CHECK(decoded.advert.interval == out.interval);
    CHECK(same_addresses(decoded.advert, addresses));
  }
}

}  // namespace
}  // namespace tandem::vrrp
