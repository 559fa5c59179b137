// Network managers, by real files in a root of the test's own.
#include "lbctl/doctor/network_manager.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <fstream>

using namespace tandem::ctl;
namespace fs = std::filesystem;

namespace {

class Root {
 public:
  Root() {
    std::string pattern = fs::temp_directory_path() / "tandem-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Root() { fs::remove_all(path_); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  [[nodiscard]] NetworkManager manager(const std::string& interface = "eth0") const { return find_manager(path_, interface, 3); }

 private:
  fs::path path_;
};

void check(const NetworkManager& manager, const std::string& name, bool keeps) {
  CHECK(manager.name == name);
  CHECK(manager.keeps_addresses == keeps);
}

}  // namespace

TEST_CASE("network managers: none") { check(Root().manager(), "", false); }

TEST_CASE("network managers: systemd-networkd, and what it is told") {
  const Root root;
  root.write("run/systemd/netif/links/3", "ADMIN_STATE=unmanaged\n");
  check(root.manager(), "", false);
  root.write("run/systemd/netif/links/3", "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-lan.network\n");
  root.write("etc/systemd/network/10-lan.network", "[Network]\nDHCP=no\n");
  check(root.manager(), "systemd-networkd", false);
  root.write("run/systemd/network/10-lan.network.d/tandem.conf", "[Network]\nKeepConfiguration=static\n");
  check(root.manager(), "systemd-networkd", true);
}

TEST_CASE("network managers: NetworkManager") {
  const Root root;
  root.write("run/NetworkManager/devices/3", "[device]\nmanaged=false\n");
  check(root.manager(), "", false);
  root.write("run/NetworkManager/devices/3", "[device]\nmanaged=true\n");
  check(root.manager(), "NetworkManager", false);
}

TEST_CASE("network managers: dhcpcd takes what it is not denied") {
  const Root root;
  root.write("etc/dhcpcd.conf", "# nothing\n");
  check(root.manager(), "", false);
  for (const char* pid : {"run/dhcpcd/pid", "run/dhcpcd.pid", "run/dhcpcd/eth0.pid", "run/dhcpcd-eth0.pid"}) {
    CAPTURE(pid);
    const Root other;
    other.write(pid, "7\n");
    check(other.manager(), "dhcpcd", false);
  }
  root.write("run/dhcpcd/pid", "7\n");
  check(root.manager("vr4.51.eth0"), "dhcpcd", false);
  root.write("etc/dhcpcd.conf", "denyinterfaces vr4.*, eth0 # ours\n");
  check(root.manager(), "", false);
  check(root.manager("vr4.51.eth0"), "", false);
  check(root.manager("eth1"), "dhcpcd", false);
  root.write("etc/dhcpcd.conf", "allowinterfaces wlan*\n");
  check(root.manager(), "", false);
  root.write("etc/dhcpcd.conf", "interface eth1\nstatic ip_address=192.0.2.9/24\ninterface eth0\nstatic ip_address=192.0.2.11/24\n");
  check(root.manager(), "dhcpcd", true);
  root.write("etc/dhcpcd.conf", "interface eth1\nstatic ip_address=192.0.2.9/24\n");
  check(root.manager(), "dhcpcd", false);
}

TEST_CASE("network managers: ifupdown2 purges addresses unless told otherwise") {
  const Root root;
  root.write("etc/network/interfaces", "auto lo eth0\niface lo inet loopback\n");
  root.write("etc/network/interfaces.d/lan", "iface eth0 inet static\n\taddress 192.0.2.11/24\n");
  check(root.manager(), "", false);  // the older ifupdown leaves others' addresses alone
  root.write("etc/network/ifupdown2/ifupdown2.conf", "");
  check(root.manager(), "ifupdown2", false);
  check(root.manager("eth1"), "", false);
  root.write("etc/network/interfaces.d/lan", "iface eth0 inet static\n\taddress-purge no\niface eth1\n");
  check(root.manager(), "ifupdown2", true);
  check(root.manager("eth1"), "ifupdown2", false);
}
