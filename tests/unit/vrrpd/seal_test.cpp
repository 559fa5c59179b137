// The trailer of authenticated adverts: its bytes, what the MAC covers, what the decoder makes of it.
#include "vrrpd/core/seal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/vrrpd/packet_bytes.hpp"
#include "vrrpd/core/drop_log.hpp"

namespace tandem::vrrp {
namespace {

using test::Bytes;

const IpAddress self4 = IpAddress::v4({192, 0, 2, 11});
const IpAddress self6 = *IpAddress::parse("fe80::11");
const Prefix vip4{IpAddress::v4({192, 0, 2, 100}), 24};
const Prefix vip6{*IpAddress::parse("fe80::100"), 64};
const Trailer trailer{.stamp = {0x0102030405060708, 0x1112131415161718}, .heard = {0x2122232425262728, 9}};

Mac some_mac() {
  Mac mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<std::uint8_t>(0xf0 + i);
  return mac;
}

Outgoing outgoing(bool v6) {
  return {.vrid = 51, .priority = 253, .interval = std::chrono::milliseconds(100), .source = v6 ? self6 : self4,
          .destination = multicast_group(v6), .trailer = trailer};
}

Bytes message_of(const Outgoing& advert) {
  std::array<std::uint8_t, max_advert_bytes> out{};
  const std::size_t length = encode(advert, {advert.source.is_v6() ? &vip6 : &vip4, 1}, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)};
}

Decoded decoded(const Outgoing& advert, const Bytes& message) {
  return decode(Datagram{.source = advert.source, .destination = advert.destination, .ttl = 255, .message = message});
}

Bytes text_of(const IpAddress& source, const Bytes& message) {
  const SealedText text(source, message);
  return {text.view().begin(), text.view().end()};
}

}  // namespace

TEST_CASE("trailer: its bytes") {
  std::array<std::uint8_t, trailer_bytes> out{};
  Trailer full = trailer;
  full.mac = some_mac();
  write_trailer(full, out);
  const Bytes expected = {'T', 'D', 'M', 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
                          0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0, 0, 0, 0, 0, 0, 0, 9,
                          0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  CHECK(Bytes(out.begin(), out.end()) == expected);
  const auto back = read_trailer(out);
  REQUIRE(back);
  CHECK(back->stamp == full.stamp);
  CHECK(back->heard == full.heard);
  CHECK(back->mac == full.mac);
}

TEST_CASE("trailer: what is not exactly one is none") {
  std::array<std::uint8_t, trailer_bytes> good{};
  write_trailer(trailer, good);
  CHECK_FALSE(read_trailer({}));
  CHECK_FALSE(read_trailer(std::span<const std::uint8_t>(good).first(trailer_bytes - 1)));
  Bytes longer(good.begin(), good.end());
  longer.push_back(0);
  CHECK_FALSE(read_trailer(longer));
  for (std::size_t i = 0; i < 4; ++i) {
    auto other = good;
    other[i] ^= 2;
    CHECK_FALSE(read_trailer(other));
  }
}

TEST_CASE("seal: the checksum stays right in every form, and the trailer comes back") {
  for (const bool v6 : {false, true}) {
    for (const ChecksumForm form : {ChecksumForm::rfc9568, ChecksumForm::rfc5798}) {
      CAPTURE(v6);
      Outgoing advert = outgoing(v6);
      advert.form = form;
      Bytes message = message_of(advert);
      CHECK(message.size() == header_bytes + (v6 ? 16U : 4U) + trailer_bytes);
      put_mac(some_mac(), message);
      const Decoded again = decoded(advert, message);
      REQUIRE(again.drop == Drop::none);
      CHECK(again.advert.form == (v6 ? ChecksumForm::rfc9568 : form));
      CHECK(again.advert.addresses.size() == (v6 ? 16 : 4));
      REQUIRE(again.advert.trailer);
      CHECK(again.advert.trailer->stamp == trailer.stamp);
      CHECK(again.advert.trailer->heard == trailer.heard);
      CHECK(again.advert.trailer->mac == some_mac());
    }
  }
}

TEST_CASE("seal: the MAC covers every byte but itself and the checksum, the source and the family") {
  for (const bool v6 : {false, true}) {
    const Outgoing advert = outgoing(v6);
    Bytes message = message_of(advert);
    const Bytes before = text_of(advert.source, message);
    put_mac(some_mac(), message);
    CHECK(text_of(advert.source, message) == before);
    for (std::size_t i = 0; i < message.size(); ++i) {
      CAPTURE(i);
      Bytes changed = message;
      changed[i] ^= 1;
      const bool exempt = i == 6 || i == 7 || i >= message.size() - sizeof(Mac);
      CHECK((text_of(advert.source, changed) == before) == exempt);
    }
    CHECK(text_of(IpAddress::v4({192, 0, 2, 12}), message) != before);
  }
  // The bytes of an IPv4 address are not those of the IPv6 address that begins with them.
  const Bytes message = message_of(outgoing(false));
  CHECK(text_of(IpAddress::v4({1, 2, 3, 4}), message) != text_of(IpAddress::v6({1, 2, 3, 4}), message));
}

TEST_CASE("decode: a trailer where there may be none is not one") {
  Outgoing advert = outgoing(false);
  advert.trailer.reset();
  CHECK_FALSE(decoded(advert, message_of(advert)).advert.trailer);
  advert.version = Version::v2;
  advert.interval = std::chrono::seconds(1);
  CHECK_FALSE(decoded(advert, message_of(advert)).advert.trailer);
}

TEST_CASE("decode: the longest advert of ours carries a trailer, a longer one has none") {
  const std::vector<Prefix> most(max_addresses, vip6);
  const Outgoing advert = outgoing(true);
  std::array<std::uint8_t, max_advert_bytes> out{};
  CHECK(encode(advert, most, out) == max_advert_bytes);
  const Bytes message(out.begin(), out.end());
  CHECK(decoded(advert, message).advert.trailer);
  CHECK(SealedText(advert.source, message).view().size() == 17 + max_advert_bytes);

  // One address more than we ever send, and the checksum that makes up for it.
  Bytes longer = message;
  const auto address = vip6.address.bytes();
  longer.insert(longer.begin() + header_bytes, address.begin(), address.end());
  longer[3] = max_addresses + 1;
  longer[6] = longer[7] = 0;
  Decoded last;
  for (int sum = 0; sum < 0x10000 && (sum == 0 || last.drop != Drop::none); ++sum) {
    longer[6] = static_cast<std::uint8_t>(sum >> 8);
    longer[7] = static_cast<std::uint8_t>(sum & 0xff);
    last = decoded(advert, longer);
  }
  REQUIRE(last.drop == Drop::none);
  CHECK_FALSE(last.advert.trailer);
}

TEST_CASE("replay filter: only what is newer than all before") {
  ReplayFilter filter({});
  CHECK(filter.accept({5, 1}));
  CHECK_FALSE(filter.accept({5, 1}));
  CHECK(filter.accept({5, 3}));
  CHECK_FALSE(filter.accept({5, 2}));
  CHECK_FALSE(filter.accept({4, 1000}));
  CHECK(filter.accept({6, 0}));
  CHECK_FALSE(filter.accept({5, 4}));
  CHECK_FALSE(ReplayFilter({7, 9}).accept({7, 9}));
  CHECK_FALSE(ReplayFilter({}).accept({0, 0}));
}

TEST_CASE("drop log: one line each 10 s and cause, which says how many there were") {
  DropLog log;
  const TimePoint start{std::chrono::seconds(1000)};
  CHECK(log.note(Drop::ttl, start) == 1);
  for (int i = 1; i < 100; ++i) CHECK(log.note(Drop::ttl, start + std::chrono::milliseconds(i)) == 0);
  CHECK(log.note(Drop::checksum, start) == 1);
  CHECK(log.note(Drop::ttl, start + DropLog::pause) == 100);
  CHECK(log.note(Drop::ttl, start + DropLog::pause) == 0);
  CHECK(log.note(Drop::ttl, start + 3 * DropLog::pause) == 2);
}

TEST_CASE("drop log: of another router on the LAN one line each 10 minutes") {
  DropLog log;
  const TimePoint start{std::chrono::seconds(1000)};
  CHECK(log.note(Drop::vrid, start, DropLog::long_pause) == 1);
  for (int i = 1; i < 600; ++i) CHECK(log.note(Drop::vrid, start + std::chrono::seconds(i), DropLog::long_pause) == 0);
  CHECK(log.note(Drop::version, start, DropLog::long_pause) == 1);
  CHECK(log.note(Drop::vrid, start + std::chrono::minutes(10), DropLog::long_pause) == 600);
}

TEST_CASE("each cause has a name of its own and a sentence") {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < drop_causes; ++i) {
    names.emplace_back(to_string(static_cast<Drop>(i)));
    CHECK_FALSE(explain(static_cast<Drop>(i)).empty());
  }
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

}  // namespace tandem::vrrp
