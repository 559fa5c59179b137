// Rules as `iptables-legacy -S` prints them, and what they do with an advert and with a connection to syncd.
#include "lbctl/doctor/firewall_legacy.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tandem;
using namespace tandem::ctl;

namespace {

const std::string open_policy = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n";
const std::string closed_policy = "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N lan\n";

FirewallAnswer advert(const std::string& rules) {
  return judge_legacy_firewall(rules, {Way::in, "eth0", *IpAddress::parse("192.0.2.12"), *IpAddress::parse("224.0.0.18"), 112, 0});
}

FirewallAnswer sync(const std::string& rules) {
  return judge_legacy_firewall(rules, {Way::in, "sync0", *IpAddress::parse("198.51.100.2"), *IpAddress::parse("198.51.100.1"), 6, 5405});
}

}  // namespace

TEST_CASE("legacy rules: the policy") {
  CHECK(advert("").verdict == Firewall::passes);
  CHECK(advert(open_policy).verdict == Firewall::passes);
  CHECK(advert(closed_policy).verdict == Firewall::drops);
  CHECK(advert(closed_policy).rule == "policy of the chain INPUT");
}

TEST_CASE("legacy rules: what drops an advert, and what lets it pass before") {
  const auto drops = [](const std::string& rule) { return advert(open_policy + "-A INPUT " + rule + "\n").verdict == Firewall::drops; };
  for (const char* rule : {"-p vrrp -j DROP", "-p 112 -j DROP", "-j REJECT --reject-with icmp-port-unreachable", "-i eth+ -j DROP",
                           "-s 192.0.2.0/24 -j DROP", "-d 224.0.0.0/4 -j DROP", "! -p tcp -j DROP", "! -i lo -j DROP",
                           "-m pkttype --pkt-type multicast -j DROP", "-m conntrack --ctstate INVALID,NEW -j DROP",
                           "-m comment --comment \"no -j ACCEPT here\" -j DROP", "-m addrtype --dst-type MULTICAST -j DROP"}) {
    CAPTURE(rule);
    CHECK(drops(rule));
    CHECK(advert(open_policy + "-A INPUT -p vrrp -j ACCEPT\n-A INPUT " + rule + "\n").verdict == Firewall::passes);
  }
  for (const char* rule : {"-p tcp -j DROP", "-i eth1 -j DROP", "-s 10.0.0.0/8 -j DROP", "-m conntrack --ctstate INVALID -j DROP",
                           "! -d 224.0.0.0/4 -j DROP", "-p vrrp -j LOG --log-prefix \"vrrp \"", "-p vrrp"}) {
    CAPTURE(rule);
    CHECK(advert(open_policy + "-A INPUT " + rule + "\n").verdict == Firewall::passes);
  }
  const auto answer = advert(open_policy + "-A INPUT -p vrrp -j DROP\n");
  CHECK(answer.rule == "-A INPUT -p vrrp -j DROP");
}

TEST_CASE("legacy rules: chains of one's own") {
  CHECK(advert(closed_policy + "-A INPUT -j lan\n-A lan -p vrrp -j ACCEPT\n").verdict == Firewall::passes);
  CHECK(advert(closed_policy + "-A INPUT -j lan\n-A INPUT -j ACCEPT\n-A lan -p vrrp -j DROP\n").verdict == Firewall::drops);
  CHECK(advert(closed_policy + "-A INPUT -j lan\n-A INPUT -j ACCEPT\n-A lan -j RETURN\n-A lan -j DROP\n").verdict == Firewall::passes);
  CHECK(advert("-N a\n-A INPUT -j a\n-A a -j a\n").verdict == Firewall::passes);  // a circle ends
}

TEST_CASE("legacy rules: ports") {
  CHECK(sync(closed_policy + "-A INPUT -p tcp -m tcp --dport 5405 -j ACCEPT\n").verdict == Firewall::passes);
  CHECK(sync(closed_policy + "-A INPUT -p tcp -m multiport --dports 22,5400:5500 -j ACCEPT\n").verdict == Firewall::passes);
  CHECK(sync(closed_policy + "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n").verdict == Firewall::drops);
  CHECK(sync(closed_policy + "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n").verdict == Firewall::drops);
}

TEST_CASE("legacy rules: what is not understood is unclear only where it matters") {
  CHECK(advert(open_policy + "-A INPUT -m set --match-set bad src -j DROP\n").verdict == Firewall::unclear);
  CHECK(advert(closed_policy + "-A INPUT -m set --match-set good src -j ACCEPT\n").verdict == Firewall::unclear);
  CHECK(advert(open_policy + "-A INPUT -p tcp -m set --match-set bad src -j DROP\n").verdict == Firewall::passes);
  CHECK(advert(open_policy + "-A INPUT -m set --match-set good src -j ACCEPT\n").verdict == Firewall::passes);
  CHECK(advert(closed_policy + "-A INPUT -m set --match-set bad src -j DROP\n").verdict == Firewall::drops);
}

TEST_CASE("legacy rules: what leaves meets the chain OUTPUT, frames meet none") {
  const auto judged = [](const std::string& rules, Way way, const char* source, const char* destination) {
    return judge_legacy_firewall(rules, {way, "eth0", *IpAddress::parse(source), *IpAddress::parse(destination), 112, 0});
  };
  const std::string closed = "-P INPUT ACCEPT\n-P OUTPUT DROP\n";
  CHECK(judged(closed, Way::out, "192.0.2.11", "192.0.2.12").rule == "policy of the chain OUTPUT");
  CHECK(judged(closed, Way::in, "192.0.2.11", "192.0.2.12").verdict == Firewall::passes);
  CHECK(judged(closed, Way::frame, "192.0.2.11", "224.0.0.18").verdict == Firewall::passes);
  for (const char* rule : {"-o eth0 -p vrrp -j DROP", "-m addrtype --dst-type UNICAST -j DROP", "-m pkttype --pkt-type unicast -j DROP"}) {
    CAPTURE(rule);
    CHECK(judged(open_policy + "-A OUTPUT " + rule + "\n", Way::out, "192.0.2.11", "192.0.2.12").verdict == Firewall::drops);
  }
  CHECK(judged(open_policy + "-A OUTPUT -o eth1 -j DROP\n", Way::out, "192.0.2.11", "192.0.2.12").verdict == Firewall::passes);
}

TEST_CASE("legacy rules: the remedy names the program, the chain and the packet") {
  CHECK(advert(open_policy + "-A INPUT -p vrrp -j DROP\n").remedy == "iptables-legacy -I INPUT -p 112 -j ACCEPT");
  CHECK(advert(closed_policy + "-A INPUT -j lan\n-A lan -j DROP\n").remedy == "iptables-legacy -I lan -p 112 -j ACCEPT");
  CHECK(sync(closed_policy).remedy == "iptables-legacy -I INPUT -p tcp --dport 5405 -j ACCEPT");
  const ProbePacket v6{Way::in, "eth0", *IpAddress::parse("fe80::1"), *IpAddress::parse("ff02::12"), 112, 0};
  CHECK(judge_legacy_firewall(closed_policy, v6).remedy == "ip6tables-legacy -I INPUT -p 112 -j ACCEPT");
}

TEST_CASE("legacy rules: any text is harmless") {
  for (const char* text : {"-A", "-A INPUT", "-A INPUT -j", "-A INPUT -s nonsense -j DROP", "-P INPUT", "\"", "-A INPUT ! -j DROP",
                           "-A INPUT --dport x: -j DROP"}) {
    CAPTURE(text);
    CHECK_NOTHROW(advert(text));
  }
}
