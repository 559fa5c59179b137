// The virtual router MAC address, its device's name, and the frames that leave with it.
#include "vrrpd/core/virtual_mac.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "vrrpd/core/checksum.hpp"
#include "vrrpd/core/frame.hpp"

namespace tandem::vrrp {
namespace {

TEST_CASE("7.3: the virtual router MAC address says family and VRID") {
  CHECK(to_string(virtual_mac(false, 51)) == "00:00:5e:00:01:33");
  CHECK(to_string(virtual_mac(true, 255)) == "00:00:5e:00:02:ff");
}

TEST_CASE("names of devices fit, are stable, and differ") {
  CHECK(virtual_mac_device(false, 51, "eth0") == "vr4.51.eth0");
  CHECK(virtual_mac_device(true, 255, "ens1f0n") == "vr6.255.ens1f0n");
  const std::string shortened = virtual_mac_device(false, 1, "enp129s0f1np1");
  CHECK(shortened == virtual_mac_device(false, 1, "enp129s0f1np1"));
  CHECK(shortened != virtual_mac_device(false, 1, "enp129s0f0np0"));
  std::set<std::string> names;
  for (int vrid = 1; vrid <= 255; ++vrid) {
    for (const bool v6 : {false, true}) {
      for (const char* interface : {"eth0", "eth1", "enp129s0f1np1", "verylongname012"}) {
        const std::string name = virtual_mac_device(v6, static_cast<std::uint8_t>(vrid), interface);
        CHECK_MESSAGE(name.size() <= 15, name);
        names.insert(name);
      }
    }
  }
  CHECK(names.size() == 255 * 2 * 4);
}

TEST_CASE("a device is recognised by its name and its MAC address together") {
  CHECK(is_virtual_mac_device("vr4.51.eth0", virtual_mac(false, 51)));
  CHECK(is_virtual_mac_device("vr6.7.0badcaf", virtual_mac(true, 7)));
  CHECK_FALSE(is_virtual_mac_device("vr4.51.eth0", virtual_mac(true, 51)));   // of the other family
  CHECK_FALSE(is_virtual_mac_device("vr4.5.eth0", virtual_mac(false, 51)));   // another VRID
  CHECK_FALSE(is_virtual_mac_device("vrrp.51", virtual_mac(false, 51)));      // keepalived's
  CHECK_FALSE(is_virtual_mac_device("vr4.51.eth0", {2, 0, 0, 0, 1, 51}));     // an administrator's
  CHECK_FALSE(is_virtual_mac_device("vr4.0.eth0", virtual_mac(false, 0)));    // there is no VRID 0
}

std::vector<std::uint8_t> frame_of(const char* source, const char* group, std::span<const std::uint8_t> message) {
  std::array<std::uint8_t, max_frame_bytes> out{};
  const std::size_t length =
      advert_frame(virtual_mac(*group == 'f', 51), *IpAddress::parse(source), *IpAddress::parse(group), message, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)};
}

TEST_CASE("5.1.1, 7.2: an IPv4 advert as a frame") {
  const std::vector<std::uint8_t> message = {0x31, 51, 253, 1};
  const auto frame = frame_of("192.0.2.11", "224.0.0.18", message);
  CHECK(frame == std::vector<std::uint8_t>{0x01, 0, 0x5e, 0, 0, 18, 0, 0, 0x5e, 0, 1, 51, 0x08, 0x00,                //
                                           0x45, 0xc0, 0, 24, 0, 0, 0x40, 0, 255, 112, frame[24], frame[25],         //
                                           192, 0, 2, 11, 224, 0, 0, 18, 0x31, 51, 253, 1});
  CHECK(checksum_finish(checksum_add({frame.data() + 14, 20})) == 0);
}

TEST_CASE("5.1.2, 7.2: an IPv6 advert as a frame") {
  const std::vector<std::uint8_t> message = {0x31, 51, 253, 1};
  const auto frame = frame_of("fe80::1", "ff02::12", message);
  std::vector<std::uint8_t> expected = {0x33, 0x33, 0, 0, 0, 0x12, 0, 0, 0x5e, 0, 2, 51, 0x86, 0xdd,
                                        0x6c, 0, 0, 0, 0, 4, 112, 255};
  for (const char* text : {"fe80::1", "ff02::12"}) {
    const IpAddress address = *IpAddress::parse(text);
    expected.insert(expected.end(), address.bytes().begin(), address.bytes().end());
  }
  expected.insert(expected.end(), message.begin(), message.end());
  CHECK(frame == expected);
}

TEST_CASE("the longest advert fits into a frame") {
  const std::vector<std::uint8_t> message(max_advert_bytes, 1);
  CHECK(frame_of("fe80::1", "ff02::12", message).size() == max_frame_bytes);
}

TEST_CASE("MAC addresses of multicast groups (RFC 1112 6.4: the low 23 bits)") {
  CHECK(to_string(multicast_mac(*IpAddress::parse("224.129.0.18"))) == "01:00:5e:01:00:12");
}

}  // namespace
}  // namespace tandem::vrrp
