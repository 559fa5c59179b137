#include "vrrpd/core/packet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/vrrpd/packet_bytes.hpp"

namespace tandem::vrrp {
namespace {

using test::advert_rfc9568;
using test::Bytes;
using test::fix_checksum;

const IpAddress own = IpAddress::v4({192, 0, 2, 12});
const IpAddress peer = IpAddress::v4({192, 0, 2, 11});
const Prefix vip{IpAddress::v4({192, 0, 2, 100}), 24};

TEST_CASE("decode: a good advertisement (RFC 9568 section 5)") {
  const Bytes packet = advert_rfc9568();
  const Decoded decoded = decode(packet);
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.advert.source == peer);
  CHECK(decoded.advert.destination == multicast_group(false));
  CHECK(decoded.advert.vrid == 51);
  CHECK(decoded.advert.priority == 253);
  CHECK(decoded.advert.interval == std::chrono::milliseconds(100));
  CHECK(decoded.advert.form == ChecksumForm::rfc9568);
  CHECK(same_addresses(decoded.advert, {{vip}}));
}

TEST_CASE("decode: the checksum with pseudo-header is accepted and recognised") {
  Bytes packet = advert_rfc9568();
  packet[26] = 0x6c;
  packet[27] = 0xc1;
  const Decoded decoded = decode(packet);
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.advert.form == ChecksumForm::rfc5798);
}

TEST_CASE("decode: every check of section 7.1 has its cause") {
  struct Row {
    const char* what;
    Drop expected;
    void (*spoil)(Bytes&);
    bool repair_checksum;
  };
  const Row rows[] = {
      {"7.1: TTL 254", Drop::ttl, [](Bytes& p) { p[8] = 254; }, false},
      {"7.1: version 1", Drop::version, [](Bytes& p) { p[20] = 0x11; }, true},
      {"7.1: version 4", Drop::version, [](Bytes& p) { p[20] = 0x41; }, true},
      {"7.1: type 2", Drop::type, [](Bytes& p) { p[20] = 0x32; }, true},
      {"7.1: type 0", Drop::type, [](Bytes& p) { p[20] = 0x30; }, true},
      {"7.1: fixed fields incomplete", Drop::truncated, [](Bytes& p) { p.resize(27), p[3] = 27; }, false},
      {"7.1: nothing behind the IP header", Drop::truncated, [](Bytes& p) { p.resize(20), p[3] = 20; }, false},
      {"7.1: address missing", Drop::truncated, [](Bytes& p) { p[23] = 2; }, true},
      {"7.1: 255 addresses announced", Drop::truncated, [](Bytes& p) { p[23] = 255; }, true},
      {"7.1: checksum", Drop::checksum, [](Bytes& p) { p[27] ^= 1; }, false},
      {"7.1: checksum, priority damaged", Drop::checksum, [](Bytes& p) { p[22] = 0; }, false},
      {"5.2.5: no address", Drop::no_address, [](Bytes& p) { p.resize(28), p[3] = 28, p[23] = 0; }, true},
      {"5.2.7: interval 0", Drop::interval, [](Bytes& p) { p[25] = 0; }, true},
      {"5.2.7: interval 0, reserved bits set", Drop::interval, [](Bytes& p) { p[24] = 0xf0, p[25] = 0; }, true},
      {"IPv4: empty", Drop::ip_header, [](Bytes& p) { p.clear(); }, false},
      {"IPv4: header cut", Drop::ip_header, [](Bytes& p) { p.resize(19); }, false},
      {"IPv4: version 6", Drop::ip_header, [](Bytes& p) { p[0] = 0x65; }, false},
      {"IPv4: header length 16", Drop::ip_header, [](Bytes& p) { p[0] = 0x44; }, false},
      {"IPv4: header longer than the packet", Drop::ip_header, [](Bytes& p) { p[0] = 0x4f; }, false},
      {"IPv4: total length beyond the packet", Drop::ip_header, [](Bytes& p) { p[3] = 33; }, false},
      {"IPv4: total length below the header", Drop::ip_header, [](Bytes& p) { p[3] = 12; }, false},
      {"IPv4: protocol", Drop::ip_header, [](Bytes& p) { p[9] = 17; }, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Bytes packet = advert_rfc9568();
    row.spoil(packet);
    if (row.repair_checksum) fix_checksum(packet);
    CHECK(decode(packet).drop == row.expected);
  }
}

TEST_CASE("decode: a dropped packet still tells its VRID") {
  Bytes packet = advert_rfc9568();
  packet[27] ^= 1;
  CHECK(decode(packet).vrid == 51);
}

TEST_CASE("decode: reserved bits are ignored (5.2.6)") {
  Bytes packet = advert_rfc9568();
  packet[24] = 0xf0;
  fix_checksum(packet);
  const Decoded decoded = decode(packet);
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.advert.interval == std::chrono::milliseconds(100));
}

TEST_CASE("decode: IP options and bytes behind the IP packet do not matter") {
  Bytes packet = advert_rfc9568();
  packet.insert(packet.begin() + 20, {0x94, 4, 0, 0});  // router alert
  packet[0] = 0x46;
  packet[3] = 36;
  packet.resize(60);  // Ethernet padding
  const Decoded decoded = decode(packet);
  REQUIRE(decoded.drop == Drop::none);
  CHECK(decoded.advert.priority == 253);
}

TEST_CASE("decode: a flipped bit anywhere in the VRRP message is noticed, in both forms") {
  for (const bool pseudo : {false, true}) {
    Bytes good = advert_rfc9568();
    if (pseudo) good[26] = 0x6c, good[27] = 0xc1;
    for (std::size_t bit = 20 * 8; bit < good.size() * 8; ++bit) {
      Bytes packet = good;
      packet[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      CHECK(decode(packet).drop != Drop::none);
    }
  }
}

TEST_CASE("classify: what depends on the configuration") {
  const Bytes packet = advert_rfc9568();
  const Advert multicast = decode(packet).advert;
  CHECK(classify(multicast, {.own_address = own}) == Drop::none);
  CHECK(classify(multicast, {.own_address = peer}) == Drop::own);
  CHECK(classify(multicast, {.own_address = own, .unicast = true, .peer_address = peer}) == Drop::destination);

  Advert unicast = multicast;
  unicast.destination = own;
  CHECK(classify(unicast, {.own_address = own, .unicast = true, .peer_address = peer}) == Drop::none);
  CHECK(classify(unicast, {.own_address = own}) == Drop::destination);
  unicast.source = IpAddress::v4({192, 0, 2, 66});
  CHECK(classify(unicast, {.own_address = own, .unicast = true, .peer_address = peer}) == Drop::not_peer);
}

TEST_CASE("same_addresses: order does not matter, number and values do") {
  Bytes packet = advert_rfc9568();
  packet.insert(packet.end(), {192, 0, 2, 101});
  packet[3] = 36;
  packet[23] = 2;
  fix_checksum(packet);
  const Advert advert = decode(packet).advert;
  const Prefix second{IpAddress::v4({192, 0, 2, 101}), 24};
  const Prefix third{IpAddress::v4({192, 0, 2, 102}), 24};
  CHECK(same_addresses(advert, {{vip, second}}));
  CHECK(same_addresses(advert, {{second, vip}}));
  CHECK_FALSE(same_addresses(advert, {{vip}}));
  CHECK_FALSE(same_addresses(advert, {{vip, third}}));
}

TEST_CASE("to_centiseconds: rounds, and stays within the field") {
  using std::chrono::milliseconds;
  CHECK(to_centiseconds(milliseconds(10)) == 1);
  CHECK(to_centiseconds(milliseconds(1)) == 1);
  CHECK(to_centiseconds(milliseconds(14)) == 1);
  CHECK(to_centiseconds(milliseconds(15)) == 2);
  CHECK(to_centiseconds(milliseconds(40'000)) == 4000);
  CHECK(to_centiseconds(milliseconds(50'000)) == 4095);
}

Bytes wrap(const Outgoing& out, std::span<const std::uint8_t> message) {
  Bytes packet(20 + message.size());
  packet[0] = 0x45;
  packet[2] = static_cast<std::uint8_t>(packet.size() >> 8);
  packet[3] = static_cast<std::uint8_t>(packet.size() & 0xff);
  packet[8] = 255;
  packet[9] = 112;
  std::copy_n(out.source.bytes().begin(), 4, packet.begin() + 12);
  std::copy_n(out.destination.bytes().begin(), 4, packet.begin() + 16);
  std::copy(message.begin(), message.end(), packet.begin() + 20);
  return packet;
}

TEST_CASE("encode: the known bytes") {
  std::array<std::uint8_t, max_advert_bytes> bytes{};
  Outgoing out{.vrid = 51, .priority = 253, .interval = std::chrono::milliseconds(100), .source = peer,
               .destination = multicast_group(false)};
  const std::size_t length = encode(out, {{vip}}, bytes);
  const Bytes expected = advert_rfc9568();
  CHECK(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)) ==
        Bytes(expected.begin() + 20, expected.end()));
  out.form = ChecksumForm::rfc5798;
  encode(out, {{vip}}, bytes);
  CHECK(bytes[6] == 0x6c);
  CHECK(bytes[7] == 0xc1);
}

TEST_CASE("property: decode(encode(x)) == x") {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const auto byte = [&random] { return static_cast<std::uint8_t>(random() & 0xff); };
    std::vector<Prefix> addresses(1 + random() % max_addresses);
    for (Prefix& p : addresses) p = {IpAddress::v4({byte(), byte(), byte(), byte()}), 24};
    const std::uint16_t interval = static_cast<std::uint16_t>(1 + random() % 4095);
    const Outgoing out{.vrid = byte(), .priority = byte(), .interval = from_centiseconds(interval),
                       .source = IpAddress::v4({10, byte(), byte(), byte()}),
                       .destination = random() % 2 ? multicast_group(false) : IpAddress::v4({10, byte(), byte(), byte()}),
                       .form = random() % 2 ? ChecksumForm::rfc5798 : ChecksumForm::rfc9568};
    std::array<std::uint8_t, max_advert_bytes> bytes{};
    const std::size_t length = encode(out, addresses, bytes);
    const Bytes packet = wrap(out, {bytes.data(), length});
    const Decoded decoded = decode(packet);
    REQUIRE(decoded.drop == Drop::none);
    CHECK(decoded.advert.vrid == out.vrid);
    CHECK(decoded.advert.priority == out.priority);
    CHECK(decoded.advert.interval == from_centiseconds(interval));
    CHECK(decoded.advert.form == out.form);
    CHECK(same_addresses(decoded.advert, addresses));
  }
}

}  // namespace
}  // namespace tandem::vrrp
