// Which addresses stand in the adverts, and how their owner is announced.
#include <doctest/doctest.h>

#include <vector>

#include "vrrpd/core/announcement.hpp"
#include "vrrpd/core/checksum.hpp"
#include "vrrpd/core/router_addresses.hpp"

namespace tandem::vrrp {
namespace {

std::vector<Prefix> prefixes(std::initializer_list<const char*> texts) {
  std::vector<Prefix> out;
  for (const char* text : texts) out.push_back(*Prefix::parse(text));
  return out;
}

TEST_CASE("arrange: an IPv4 router carries its IPv6 addresses along, unadvertised") {
  const RouterAddresses out = arrange(prefixes({"2001:db8::1/64", "192.0.2.100/24", "fe80::1/64", "192.0.2.101/24"}), 51);
  CHECK_FALSE(out.v6);
  CHECK(out.all == prefixes({"192.0.2.100/24", "192.0.2.101/24", "2001:db8::1/64", "fe80::1/64"}));
  CHECK(out.in_adverts().size() == 2);
}

TEST_CASE("5.2.9 (erratum 8300): the first address of an IPv6 router is link-local") {
  const RouterAddresses made = arrange(prefixes({"2001:db8::1/64", "2001:db8::2/64"}), 51);
  CHECK(made.v6);
  CHECK(made.all == prefixes({"fe80::112:33/64", "2001:db8::1/64", "2001:db8::2/64"}));
  CHECK(made.in_adverts().size() == 3);
  const RouterAddresses configured = arrange(prefixes({"2001:db8::1/64", "fe80::9/64"}), 51);
  CHECK(configured.all == prefixes({"fe80::9/64", "2001:db8::1/64"}));
}

TEST_CASE("6.4 (errata 7947, 7949): gratuitous ARP names the address and its MAC twice") {
  const MacAddress mac = {0x02, 1, 2, 3, 4, 5};
  const ArpMessage request = gratuitous_arp(arp_request, mac, *IpAddress::parse("192.0.2.100"));
  CHECK(request == ArpMessage{0, 1, 8, 0, 6, 4, 0, 1, 2, 1, 2, 3, 4, 5, 192, 0, 2, 100, 2, 1, 2, 3, 4, 5, 192, 0, 2, 100});
  CHECK(gratuitous_arp(arp_reply, mac, *IpAddress::parse("192.0.2.100"))[7] == 2);
}

TEST_CASE("6.4: the unsolicited Neighbor Advertisement has R=1, S=0, O=1 and the link-layer address") {
  const MacAddress mac = {0x02, 1, 2, 3, 4, 5};
  const IpAddress address = *IpAddress::parse("2001:db8::101");
  const NeighborAdvertisement out = unsolicited_neighbor_advertisement(mac, address);
  const std::span<const std::uint8_t> bytes(out);
  CHECK(bytes[0] == 0x60);
  CHECK((bytes[4] == 0 && bytes[5] == 32));  // payload length
  CHECK(bytes[6] == 58);                     // ICMPv6
  CHECK(bytes[7] == 255);                    // hop limit, RFC 4861 7.1.2
  const auto source = bytes.subspan(8, 16), destination = bytes.subspan(24, 16), target = bytes.subspan(48, 16);
  CHECK(std::equal(source.begin(), source.end(), address.bytes().begin()));
  CHECK(std::equal(destination.begin(), destination.end(), all_nodes().bytes().begin()));
  CHECK((bytes[40] == 136 && bytes[41] == 0));
  CHECK(bytes[44] == 0xa0);
  CHECK(std::equal(target.begin(), target.end(), address.bytes().begin()));
  CHECK((bytes[64] == 2 && bytes[65] == 1));
  CHECK(std::equal(mac.begin(), mac.end(), bytes.begin() + 66));
  CHECK(checksum_finish(checksum_add(bytes.subspan(40), pseudo_header_sum(address, all_nodes(), 32, 58))) == 0);
}

}  // namespace
}  // namespace tandem::vrrp
