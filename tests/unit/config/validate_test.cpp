// Cross checks between the parts of a configuration: one row per mistake.
#include <functional>

#include "support.hpp"

using namespace tandem::config;


TEST_CASE("clusters") {
  check({
      {"one node",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" } ])"),
       "3:10: cluster.nodes: a cluster has exactly 2 nodes, not 1"},
      {"no node",
       cluster(R"("nodes": [])"),
       "3:10: cluster.nodes: a cluster has exactly 2 nodes, not 0"},
      {"three nodes",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } , { "name": "n3", "address": "192.0.2.3", "sync_address": "198.51.100.3" } ])"),
       "3:10: cluster.nodes: a cluster has exactly 2 nodes, not 3"},
      {"same name",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n1", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ])"),
       "4:12: cluster.nodes[1].name: duplicate node name \"n1\" (first at line 3)"},
      {"same address",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.1", "sync_address": "198.51.100.2" } ])"),
       "4:29: cluster.nodes[1].address: two nodes with the address 192.0.2.1"},
      {"one node's address is the other's sync address",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "198.51.100.1", "sync_address": "198.51.100.2" } ])"),
       "4:29: cluster.nodes[1].address: two nodes with the address 198.51.100.1"},
      {"loopback",
       cluster(R"("nodes": [ { "name": "n1", "address": "127.0.0.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ])"),
       "3:39: cluster.nodes[0].address: 127.0.0.1 cannot be the address of a node"},
      {"any address",
       cluster(R"("nodes": [ { "name": "n1", "address": "0.0.0.0", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ])"),
       "3:39: cluster.nodes[0].address: 0.0.0.0 cannot be the address of a node"},
      {"different families",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "fe80::2" } ])"),
       "4:58: cluster.nodes[1].sync_address: the nodes must have addresses of the same family "
       "here"},
      {"not an address",
       cluster(R"("nodes": [ { "name": "n1", "address": "lb1.example.com", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ])"),
       "3:39: cluster.nodes[0].address: must be an IP address, like \"192.0.2.1\" or "
       "\"2001:db8::1\", not \"lb1.example.com\""},
      {"sync port",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ], "sync": { "port": 0 })"),
       "4:96: cluster.sync.port: must be a whole number from 1 to 65535, not 0"},
      {"witness is a node",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ], "witnesses": ["192.0.2.2"])"),
       "4:92: cluster.witnesses[0]: 192.0.2.2 is the node n2 itself and proves nothing (use the "
       "default gateway, for example)"},
      {"witness twice",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ], "witnesses": ["192.0.2.9", "192.0.2.9"])"),
       "4:105: cluster.witnesses[1]: 192.0.2.9 is listed twice"},
      {"witness is no address",
       cluster(R"("nodes": [ { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ], "witnesses": ["gateway"])"),
       "4:92: cluster.witnesses[0]: must be an IP address with or without a port, like \"192.0.2.1\" or "
       "\"192.0.2.1:443\", not \"gateway\""},
  });
}

TEST_CASE("virtual addresses") {
  check({
      {"no prefix length fits",
       virtual_address(R"("addresses": ["192.0.2.100/240"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: must be an IP address with prefix length, like "
       "\"192.0.2.1/24\", not \"192.0.2.100/240\""},
      {"none",
       virtual_address(R"("addresses": [], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:14: virtual_addresses[0].addresses: needs at least 1 item"},
      {"vrid 0",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 0, "preferred_node": "n1")"),
       "3:63: virtual_addresses[0].vrid: must be a whole number from 1 to 255, not 0"},
      {"interface name too long",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "averyveryverylongname", "vrid": 1, "preferred_node": "n1")"),
       "3:47: virtual_addresses[0].interface: must be a text of 1 to 15 bytes, not "
       "\"averyveryverylongname\""},
      {"interface name",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth/0", "vrid": 1, "preferred_node": "n1")"),
       "3:47: virtual_addresses[0].interface: \"eth/0\" is not an interface name"},
      {"unknown node",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n3")"),
       "3:84: virtual_addresses[0].preferred_node: unknown node \"n3\" (did you mean \"n1\"?)"},
      {"interval not in hundredths",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1", "advert_interval": "15ms")"),
       "3:109: virtual_addresses[0].advert_interval: must be a multiple of 10ms"},
      {"interval too short",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1", "advert_interval": "5ms")"),
       "3:109: virtual_addresses[0].advert_interval: must be a duration from 10ms to 40s, not "
       "\"5ms\""},
      {"interval too long",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1", "advert_interval": "41s")"),
       "3:109: virtual_addresses[0].advert_interval: must be a duration from 10ms to 40s, not "
       "\"41s\""},
      {"address of a node",
       virtual_address(R"("addresses": ["192.0.2.2/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: 192.0.2.2 is the node n2's own address (a "
       "floating address must be an additional one)"},
      {"outside of the LAN",
       virtual_address(R"("addresses": ["192.0.20.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: no node has its address in the network of "
       "192.0.20.100/24 (n1 is at 192.0.2.1; check the address and the prefix length)"},
      {"prefix too long",
       virtual_address(R"("addresses": ["192.0.2.100/28"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: no node has its address in the network of "
       "192.0.2.100/28 (n1 is at 192.0.2.1; check the address and the prefix length)"},
      {"address of the network",
       virtual_address(R"("addresses": ["192.0.2.0/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: 192.0.2.0/24 is not the address of a host"},
      {"broadcast address",
       virtual_address(R"("addresses": ["192.0.2.255/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: 192.0.2.255/24 is not the address of a host"},
      {"multicast address",
       virtual_address(R"("addresses": ["224.0.0.18/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:15: virtual_addresses[0].addresses[0]: 224.0.0.18/24 is not the address of a host"},
      {"version 2 with the default interval",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1", "version": 2)"),
       "3:101: virtual_addresses[0].version: VRRP version 2 counts the advert_interval in whole seconds (say "
       "\"advert_interval\": \"1s\", on the other routers too)"},
      {"version 2 with a second", virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1,
"preferred_node": "n1", "version": 2, "advert_interval": "1s")"), ""},
      {"version 2 with IPv6",
       virtual_address(R"("addresses": ["2001:db8::1/64"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"version": 2, "advert_interval": "1s")"),
       "4:12: virtual_addresses[0].version: VRRP version 2 has no IPv6 (remove \"version\", or add an IPv4 address)"},
      {"version 4",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1", "version": 4)"),
       "3:101: virtual_addresses[0].version: must be a whole number from 2 to 3, not 4"},
      {"a form of checksum for IPv6",
       virtual_address(R"("addresses": ["2001:db8::1/64"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"checksum": "rfc5798")"),
       "4:13: virtual_addresses[0].checksum: only VRRP version 3 on IPv4 has two forms of checksum (remove "
       "\"checksum\")"},
      {"an unknown form of checksum",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"checksum": "rfc3768")"),
       "4:13: virtual_addresses[0].checksum: must be one of \"auto\", \"rfc9568\", \"rfc5798\", not \"rfc3768\" "
       "(did you mean \"rfc9568\"?)"},
      {"unicast IPv6 between IPv4 nodes",
       virtual_address(R"("addresses": ["2001:db8::1/64"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"unicast": true)"),
       "4:12: virtual_addresses[0].unicast: the adverts of IPv6 addresses need an IPv6 address of node n1 (remove "
       "\"unicast\", or give the node another \"address\")"},
      {"a priority between own nodes",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"priority": 200)"),
       "4:13: virtual_addresses[0].priority: only beside a \"foreign\" router: own nodes have theirs from "
       "\"preferred_node\" (remove \"priority\", or say \"foreign\": true if the other router is not a Tandem node)"},
      {"a priority beside a foreign router",
       virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
"priority": 200, "foreign": true)"), ""},
      {"a link-local address needs no node in its network",
       virtual_address(R"("addresses": ["fe80::1/64", "2001:db8::1/64"], "interface": "eth0", "vrid": 1,
"preferred_node": "n1")"), ""},
      {"the same address twice",
       virtual_address(R"("addresses": ["192.0.2.100/24", "192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1")"),
       "3:33: virtual_addresses[0].addresses[1]: duplicate address 192.0.2.100 (first at line 3)"},
  });
}

TEST_CASE("what a virtual address depends on, and whom it tells") {
  const auto row = [](const std::string& members) {
    return virtual_address(R"("addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1",
)" + members);
  };
  const auto track = [&](const std::string& members) { return row(R"("track": [ {)" + members + "} ]"); };
  check({
      {"each kind", row(R"("track": [ { "interface": "eth1" }, { "route": "0.0.0.0/0" }, { "witness": "[2001:db8::1]:443" },
{ "file": "/f" }, { "script": ["/s", "-x"], "interval": "100ms" } ])"), ""},
      {"no kind", track(R"("weight": 3)"),
       "4:12: virtual_addresses[0].track[0]: must have exactly one of interface, route, witness, file, script, not 0"},
      {"two kinds", track(R"("file": "/f", "interface": "eth1")"),
       "4:12: virtual_addresses[0].track[0]: must have exactly one of interface, route, witness, file, script, not 2"},
      {"a relative file", track(R"("file": "f")"),
       "4:21: virtual_addresses[0].track[0].file: \"f\" is not a full path"},
      {"a script that is looked up", track(R"("script": ["test", "-e", "/f"])"),
       "4:24: virtual_addresses[0].track[0].script[0]: \"test\" is not a full path (programs are started without a shell)"},
      {"a hook that is looked up", row(R"("hook": ["logger"])"),
       "4:10: virtual_addresses[0].hook[0]: \"logger\" is not a full path (programs are started without a shell)"},
      {"a timeout beyond the interval", track(R"("file": "/f", "timeout": "2s")"),
       "4:38: virtual_addresses[0].track[0].timeout: is longer than the interval (the next look would begin before this one "
       "ends)"},
      {"authentication beside a foreign router", row(R"("foreign": true, "authentication": true)"),
       "4:36: virtual_addresses[0].authentication: a foreign router does not know the cluster key (remove "
       "\"authentication\")"},
      {"authentication in version 2", row(R"("version": 2, "advert_interval": "1s", "authentication": true)"),
       "4:58: virtual_addresses[0].authentication: VRRP version 2 adverts cannot carry it (remove \"authentication\")"},
  });
}

TEST_CASE("between virtual addresses") {
  check({
      {"same VRID on one interface",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n1" },
 { "name": "b", "addresses": ["192.0.2.101/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n2" } ],
)" + one_cluster),
       "4:79: virtual_addresses[1].vrid: VRID 7 is taken on eth0 (first at line 3)"},
      {"same VRID, IPv4 and IPv6: two virtual routers",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n1" },
 { "name": "b", "addresses": ["2001:db8::1/64"], "interface": "eth0", "vrid": 7, "preferred_node": "n2" } ],
)" + one_cluster), ""},
      {"same name",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n1" },
 { "name": "a", "addresses": ["192.0.2.101/24"], "interface": "eth0", "vrid": 8, "preferred_node": "n2" } ],
)" + one_cluster),
       "4:12: virtual_addresses[1].name: duplicate virtual address name \"a\" (first at line 3)"},
      {"same address",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n1" },
 { "name": "b", "addresses": ["192.0.2.100/32"], "interface": "eth1", "vrid": 7, "preferred_node": "n2" } ],
)" + one_cluster),
       "4:31: virtual_addresses[1].addresses[0]: duplicate address 192.0.2.100 (first at line 3)"},
      {"address of a witness",
       root(R"("cluster": { "name": "c", "witnesses": ["192.0.2.9"], "nodes": [
 { "name": "n1", "address": "192.0.2.1", "sync_address": "198.51.100.1" },
 { "name": "n2", "address": "192.0.2.2", "sync_address": "198.51.100.2" } ] },
"virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.9/24"], "interface": "eth0", "vrid": 7, "preferred_node": "n1" } ])"),
       "6:53: virtual_addresses[0].addresses[0]: 192.0.2.9 is a witness of the cluster (a "
       "witness must not move with the nodes)"},
      {"without a cluster",
       root(R"("virtual_addresses": [ { "name": "a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "n1" } ])"),
       "3:22: virtual_addresses: virtual addresses need a \"cluster\" (floating addresses float "
       "between the nodes of a cluster)"},
  });
}

namespace {

std::string list_of(std::size_t count, const std::function<std::string(std::size_t)>& item) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",\n") + item(i);
  return text;
}

/// One virtual address with `count` addresses, the first on line 4.
std::string with_addresses(std::size_t count, const std::function<std::string(std::size_t)>& address) {
  return virtual_address(R"("interface": "eth0", "vrid": 1, "preferred_node": "n1", "addresses": [)" + std::string("\n") +
                         list_of(count, [&](std::size_t i) { return '"' + address(i) + '"'; }) + "]");
}

}  // namespace

TEST_CASE("a VRID carries 64 addresses") {
  const auto v4 = [](std::size_t i) { return "192.0.2." + std::to_string(100 + i) + "/24"; };
  const auto v6 = [](std::size_t i) { return "2001:db8::" + std::to_string(1 + i) + "/64"; };
  const auto with_link_local = [&](std::size_t i) { return i == 0 ? "fe80::1/64" : v6(i); };
  const auto mixed = [&](std::size_t i) { return i == 0 ? v4(i) : v6(i); };
  const std::string hint = " (give the others a virtual address with a VRID of its own)";
  check({
      {"64 of IPv4", with_addresses(64, v4), ""},
      {"65 of IPv4", with_addresses(65, v4), "68:1: virtual_addresses[0].addresses[64]: 65 addresses; one VRID carries at most 64" + hint},
      {"70 of IPv4", with_addresses(70, v4), "68:1: virtual_addresses[0].addresses[64]: 70 addresses; one VRID carries at most 64" + hint},
      {"63 of IPv6", with_addresses(63, v6), ""},
      {"64 of IPv6", with_addresses(64, v6),
       "67:1: virtual_addresses[0].addresses[63]: 64 addresses; one VRID carries at most 63 beside its link-local one" + hint},
      {"64 of IPv6, one link-local", with_addresses(64, with_link_local), ""},
      {"64 of both families", with_addresses(64, mixed), ""},
      {"65 of both families", with_addresses(65, mixed), "68:1: virtual_addresses[0].addresses[64]: 65 addresses; one VRID carries at most 64" + hint},
  });
}

TEST_CASE("vrrpd carries 255 virtual addresses") {
  const auto many = [](std::size_t count) {
    return "{ \"version\": 1, \"virtual_addresses\": [\n" + list_of(count, [](std::size_t i) {
             return "{ \"name\": \"v" + std::to_string(i) + "\", \"addresses\": [\"10.0." + std::to_string(i / 100) + "." +
                    std::to_string(1 + i % 100) + "/32\"], \"interface\": \"eth" + std::to_string(i / 200) +
                    "\", \"vrid\": " + std::to_string(1 + i % 200) + ", \"preferred_node\": \"n1\" }";
           }) + " ],\n" + one_cluster + " }";
  };
  check({
      {"255", many(255), ""},
      {"256", many(256),
       "257:1: virtual_addresses[255]: 256 virtual addresses; vrrpd carries at most 255 (one of them may have up to 64 \"addresses\")"},
      {"300", many(300),
       "257:1: virtual_addresses[255]: 300 virtual addresses; vrrpd carries at most 255 (one of them may have up to 64 \"addresses\")"},
  });
}
