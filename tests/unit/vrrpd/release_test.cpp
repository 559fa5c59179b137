#include "vrrpd/io/release.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tandem;
using namespace tandem::vrrp;

namespace {

HostAddress host_address(int link, std::uint8_t last, std::uint8_t length, std::uint8_t protocol) {
  return {.link = link, .prefix = {IpAddress::v4({192, 0, 2, last}), length}, .protocol = protocol};
}

config::Config config_with(std::uint8_t last) {
  config::Config config;
  config.virtual_addresses.emplace_back();
  config.virtual_addresses.back().addresses = {{IpAddress::v4({192, 0, 2, last}), 24}};
  return config;
}

std::string texts(const std::vector<HostAddress>& addresses) {
  std::string all;
  for (const auto& address : addresses) all += address.prefix.to_string() + "@" + std::to_string(address.link) + " ";
  return all;
}

}  // namespace

TEST_CASE("left behind is what a vrrpd installed and the configuration lists, on every interface") {
  const config::Config config = config_with(100);
  const std::vector<HostAddress> present = {
      host_address(2, 11, 24, 0),                   // the host's own
      host_address(2, 100, 24, address_protocol),   // left on the LAN
      host_address(1, 100, 32, address_protocol),   // left on the loopback interface for open connections
      host_address(3, 100, 24, 0),                  // listed, but an administrator's
      host_address(3, 101, 24, address_protocol),   // a vrrpd's, but not of this configuration
  };
  CHECK(texts(left_behind(present, &config)) == "192.0.2.100/24@2 192.0.2.100/32@1 ");
  CHECK(texts(left_behind(present, nullptr)) == "192.0.2.100/24@2 192.0.2.100/32@1 192.0.2.101/24@3 ");
  CHECK(left_behind({}, &config).empty());
}
