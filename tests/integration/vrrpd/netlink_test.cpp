// Addresses through a real kernel, in a network namespace of the test's own: many with one call, each with its own outcome,
// and what the monitor is told of them.
#include "vrrpd/io/netlink.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace tandem;        // NOLINT: test
using namespace tandem::vrrp;  // NOLINT: test

namespace {

constexpr int loopback = 1;
constexpr int no_link = 999;
constexpr int exit_skipped = 77;
constexpr AddressOptions options{.lifetime = std::chrono::seconds(3), .no_prefix_route = true};

void run(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

// What is opened from now on belongs to an empty namespace, which ends with the test.
Netlink in_a_new_namespace() {
  if (::geteuid() != 0) {
    std::puts("SKIPPED: needs root for network namespaces");
    std::exit(exit_skipped);
  }
  REQUIRE(::unshare(CLONE_NEWNET) == 0);
  run("ip link set lo up");
  auto netlink = Netlink::open();
  REQUIRE(netlink);
  return std::move(*netlink);
}

Prefix host(std::uint8_t last) { return {IpAddress::v4({10, 9, 0, last}), 32}; }

std::vector<Prefix> floating(Netlink& netlink) {
  const auto found = netlink.addresses();
  REQUIRE(found);
  std::vector<Prefix> out;
  for (const HostAddress& address : *found) {
    if (address.prefix.address != IpAddress::v4({127, 0, 0, 1}) && address.prefix.address.is_v4()) out.push_back(address.prefix);
  }
  return out;
}

struct Told {
  int changes = 0;
  int overruns = 0;
  std::vector<Prefix> removed;
};

NetlinkMonitor monitor(Told& told) {
  auto opened = NetlinkMonitor::open({.address_removed = [&told](const HostAddress& address) { told.removed.push_back(address.prefix); },
                                      .changed = [&told] { ++told.changes; },
                                      .route_changed = {},
                                      .overrun = [&told] { ++told.overruns; }});
  REQUIRE(opened);
  return std::move(*opened);
}

// The kernel tells of a change before the request that makes it is answered.
bool has_news(const NetlinkMonitor& monitor) {
  pollfd fd{monitor.fd(), POLLIN, 0};
  return ::poll(&fd, 1, 0) > 0;
}

}  // namespace

TEST_CASE("of many addresses each is put, or refused for itself") {
  Netlink netlink = in_a_new_namespace();
  std::vector<AddressRequest> requests;
  for (int i = 1; i <= 200; ++i) {
    requests.push_back({.link = i % 50 == 0 ? no_link : loopback, .prefix = host(static_cast<std::uint8_t>(i)), .options = options});
  }
  for (const char* round : {"new", "renewed"}) {
    CAPTURE(round);
    const auto outcomes = netlink.put_addresses(requests);
    REQUIRE(outcomes.size() == requests.size());
    const auto there = floating(netlink);
    CHECK(there.size() == 196);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      CAPTURE(i);
      const bool good = requests[i].link == loopback;
      CHECK(outcomes[i].has_value() == good);
      CHECK((std::find(there.begin(), there.end(), requests[i].prefix) != there.end()) == good);
      if (!good) CHECK(outcomes[i].error().message == "add address " + requests[i].prefix.to_string() + ": No such device");
    }
  }
  CHECK(netlink.put_addresses({}).empty());
  CHECK(netlink.links());  // nothing is left of the answers
}

TEST_CASE("an address that was put is no news, what others do to addresses is") {
  Netlink netlink = in_a_new_namespace();
  Told told;
  NetlinkMonitor watching = monitor(told);
  const AddressRequest request{.link = loopback, .prefix = host(1), .options = options};
  for (int i = 0; i < 2; ++i) {
    REQUIRE(netlink.put_address(request));
    CHECK_FALSE(has_news(watching));  // this needs a kernel that keeps IFA_PROTO: Linux 5.18
  }
  run("ip addr add 10.9.0.2/32 dev lo");
  CHECK(has_news(watching));
  watching.receive();
  CHECK(told.changes == 1);
  CHECK(told.removed.empty());
  REQUIRE(netlink.delete_address(loopback, host(1)));
  CHECK(has_news(watching));
  watching.receive();
  CHECK(told.changes == 2);
  CHECK(told.removed == std::vector<Prefix>{host(1)});
  run("ip link set lo mtu 9000");
  CHECK(has_news(watching));
  watching.receive();
  CHECK(told.changes == 3);
  CHECK(told.overruns == 0);
}
