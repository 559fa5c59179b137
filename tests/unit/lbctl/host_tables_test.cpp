// Tables of the host: duplicate addresses, the kind of machine.
#include "lbctl/doctor/host_tables.hpp"

#include <doctest/doctest.h>

using namespace tandem;
using namespace tandem::ctl;

TEST_CASE("an address whose duplicate detection failed is found, others are not") {
  const auto found = duplicate_addresses(
      "00000000000000000000000000000001 01 80 10 80       lo\n"
      "fe80000000000000005056fffe123456 02 40 20 80     eth0\n"
      "20010db8000000000000000000000012 02 40 00 88     eth0\n"    // permanent, failed
      "20010db8000000000000000000000013 02 40 00 c0     eth0\n"    // tentative
      "20010db8000000000000000000000100 05 80 00 2a vr6.61.eth0\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].interface == "eth0");
  CHECK(found[0].address == *IpAddress::parse("2001:db8::12"));
  CHECK(found[1].interface == "vr6.61.eth0");
  for (const char* text : {"", "20010db8 02 40 00 88 eth0\n", "20010db8000000000000000000000012 02 40 00 xx eth0\n", "a b c"}) {
    CAPTURE(text);
    CHECK(duplicate_addresses(text).empty());
  }
}

TEST_CASE("the kind of machine") {
  CHECK(hypervisor_of("VMware, Inc.", "VMware7,1", true) == "VMware");
  CHECK(hypervisor_of("Microsoft Corporation", "Virtual Machine", true) == "Hyper-V");
  CHECK(hypervisor_of("QEMU", "Standard PC (Q35 + ICH9, 2009)", true) == "KVM");
  CHECK(hypervisor_of("Red Hat", "KVM", true) == "KVM");
  CHECK(hypervisor_of("", "", true) == "a hypervisor");
  CHECK(hypervisor_of("Microsoft Corporation", "Surface Pro", false).empty());
  CHECK(hypervisor_of("Dell Inc.", "PowerEdge R650", false).empty());
}
