#include <doctest/doctest.h>

#include "common/base/inet.hpp"

using namespace tandem;

TEST_CASE("addresses: text in, the same text out; anything else is refused") {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1", "fe80::1"}) {
    CAPTURE(text);
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    CHECK(address->to_string() == text);
  }
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "[::1]", "1.2.3.4 ", "fe80::1%eth0"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("addresses order by unsigned network bytes (RFC 9568 section 6.4.3)") {
  CHECK(*IpAddress::parse("10.0.0.200") > *IpAddress::parse("10.0.0.9"));
  CHECK(*IpAddress::parse("200.0.0.1") > *IpAddress::parse("100.0.0.1"));
}

TEST_CASE("endpoints: brackets exactly for IPv6") {
  for (const char* text : {"192.0.2.1:80", "[2001:db8::1]:65535", "0.0.0.0:0"}) {
    CAPTURE(text);
    const auto endpoint = Endpoint::parse(text);
    REQUIRE(endpoint);
    CHECK(endpoint->to_string() == text);
  }
  for (const char* text : {"192.0.2.1", "[192.0.2.1]:80", "::1:80", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "[]:1"}) {
    CAPTURE(text);
    CHECK_FALSE(Endpoint::parse(text));
  }
}

TEST_CASE("prefixes contain what shares their leading bits") {
  const auto prefix = *Prefix::parse("192.0.2.100/25");
  CHECK(prefix.contains(*IpAddress::parse("192.0.2.1")));
  CHECK_FALSE(prefix.contains(*IpAddress::parse("192.0.2.128")));
  CHECK_FALSE(prefix.contains(*IpAddress::parse("::1")));
  CHECK(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("203.0.113.9")));
  CHECK(Prefix::parse("192.0.2.1")->length == 32);
  CHECK_FALSE(Prefix::parse("192.0.2.1/33"));
  CHECK_FALSE(Prefix::parse("192.0.2.1/"));
}
