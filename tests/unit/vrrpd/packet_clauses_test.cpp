// RFC 9568 section 5, what the other tests of packets do not show: every value that a field can have, and what is
// believed although it should not be sent.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/unit/vrrpd/packet_bytes.hpp"
#include "vrrpd/core/packet.hpp"
#include "vrrpd/core/router_addresses.hpp"

namespace tandem::vrrp {
namespace {

using test::advert_rfc9568;
using test::Bytes;
using test::fix_checksum;

struct Said {
  std::array<std::uint8_t, max_advert_bytes> bytes{};
  std::size_t length = 0;
  Datagram datagram;
};

std::vector<Prefix> prefixes(std::initializer_list<const char*> texts) {
  std::vector<Prefix> out;
  for (const char* text : texts) out.push_back(*Prefix::parse(text));
  return out;
}

/// What a router of that family says; `said` keeps the bytes.
Decoded decoded(bool v6, std::uint8_t priority, Duration interval, const std::vector<Prefix>& addresses, Said& said) {
  const Outgoing out{.vrid = 51, .priority = priority, .interval = interval,
                     .source = *IpAddress::parse(v6 ? "fe80::11" : "192.0.2.11"), .destination = multicast_group(v6)};
  said.length = encode(out, addresses, said.bytes);
  said.datagram = {.source = out.source, .destination = out.destination, .ttl = required_ttl,
                   .message = {said.bytes.data(), said.length}};
  return decode(said.datagram);
}

TEST_CASE("5.2.4: each priority from 0 to 255 is said and understood, in both families") {
  for (const bool v6 : {false, true}) {
    const auto addresses = v6 ? prefixes({"fe80::1/64"}) : prefixes({"192.0.2.100/24"});
    for (int priority = 0; priority <= 255; ++priority) {
      Said said;
      const Decoded heard =
          decoded(v6, static_cast<std::uint8_t>(priority), std::chrono::milliseconds(100), addresses, said);
      REQUIRE(heard.drop == Drop::none);
      CHECK(heard.advert.priority == priority);
    }
  }
}

TEST_CASE("5.2.6, 5.2.7: each interval of the field is said and understood, the reserved bits are sent as 0") {
  for (int centiseconds = 1; centiseconds <= 4095; ++centiseconds) {
    Said said;
    const Duration interval = from_centiseconds(static_cast<std::uint16_t>(centiseconds));
    const Decoded heard = decoded(false, 100, interval, prefixes({"192.0.2.100/24"}), said);
    REQUIRE(heard.drop == Drop::none);
    CHECK(heard.advert.interval == interval);
    CHECK((said.bytes[4] & 0xf0) == 0);
  }
}

TEST_CASE("5.2.5: the count is the number of addresses, from 1 to as many as there may be") {
  for (std::size_t count = 1; count <= max_addresses; ++count) {
    Said said;
    const std::vector<Prefix> addresses(count, *Prefix::parse("192.0.2.100/24"));
    REQUIRE(decoded(false, 100, std::chrono::seconds(1), addresses, said).drop == Drop::none);
    CHECK(said.bytes[3] == count);
    CHECK(said.length == header_bytes + 4 * count);
  }
}

TEST_CASE("5.2.9: addresses have the family of the packet, and its size") {
  Said said;
  const Decoded v6 = decoded(true, 100, std::chrono::seconds(1), prefixes({"fe80::1/64", "2001:db8::1/64"}), said);
  REQUIRE(v6.drop == Drop::none);
  CHECK(v6.advert.addresses.size() == 32);
  // The addresses of an IPv4 router in an IPv6 packet are too short.
  const Bytes four = advert_rfc9568();
  said.datagram.message = std::span(four).subspan(20);
  CHECK(decode(said.datagram).drop == Drop::truncated);
}

TEST_CASE("5.2.9 (erratum 8300): a list that does not begin with the link-local address is believed") {
  Said said;
  const Decoded heard = decoded(true, 100, std::chrono::seconds(1), prefixes({"2001:db8::1/64", "fe80::1/64"}), said);
  REQUIRE(heard.drop == Drop::none);
  CHECK(classify(heard.advert, {.own_address = *IpAddress::parse("fe80::12")}) == Drop::none);
  CHECK(same_addresses(heard.advert, prefixes({"fe80::1/64", "2001:db8::1/64"})));
}

TEST_CASE("7.1: each check is made for priority 0 and 255 too") {
  for (const std::uint8_t priority : {std::uint8_t{0}, std::uint8_t{255}}) {
    Bytes packet = advert_rfc9568();
    packet[22] = priority;
    fix_checksum(packet);
    CHECK(decode(packet).drop == Drop::none);
    for (const std::size_t field : {8U, 20U, 25U}) {  // TTL, version and type, interval
      Bytes spoiled = packet;
      spoiled[field] = 0;
      fix_checksum(spoiled);
      CHECK(decode(spoiled).drop != Drop::none);
    }
    packet[27] ^= 1;
    CHECK(decode(packet).drop == Drop::checksum);
  }
}

}  // namespace
}  // namespace tandem::vrrp
