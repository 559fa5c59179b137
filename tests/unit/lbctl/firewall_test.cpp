// Rules as `nft -j` prints them, and what they do with an advert and with a connection to syncd.
#include "lbctl/doctor/firewall.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "lbctl/doctor/firewall_devices.hpp"

using namespace tandem;
using namespace tandem::ctl;
using Json = nlohmann::ordered_json;

namespace {

// A chain "input" with these rules (JSON arrays of statements), and a chain "other" that it may jump to.
Json ruleset(const std::vector<std::string>& rules, const std::string& policy = "accept", const std::vector<std::string>& other = {}) {
  Json list = Json::array();
  list.push_back({{"metainfo", {{"version", "1.0.6"}}}});
  list.push_back({{"set", {{"family", "inet"}, {"table", "f"}, {"name", "lan"},
                           {"elem", Json::parse(R"([{"prefix": {"addr": "192.0.2.0", "len": 24}}])")}}}});
  list.push_back({{"chain", {{"family", "inet"}, {"table", "f"}, {"name", "input"}, {"hook", "input"}, {"policy", policy}}}});
  list.push_back({{"chain", {{"family", "inet"}, {"table", "f"}, {"name", "other"}}}});
  int handle = 0;
  for (const auto* chain : {&rules, &other}) {
    for (const std::string& rule : *chain) {
      list.push_back({{"rule", {{"family", "inet"}, {"table", "f"}, {"chain", chain == &rules ? "input" : "other"},
                                {"handle", ++handle}, {"expr", Json::parse(rule)}}}});
    }
  }
  return {{"nftables", list}};
}

FirewallAnswer advert(const Json& rules) {
  return judge_firewall(rules, {Way::in, "eth0", *IpAddress::parse("192.0.2.12"), *IpAddress::parse("224.0.0.18"), 112, 0});
}

FirewallAnswer sync(const Json& rules) {
  return judge_firewall(rules, {Way::in, "sync0", *IpAddress::parse("198.51.100.2"), *IpAddress::parse("198.51.100.1"), 6, 5405});
}

std::string match(const std::string& left, const std::string& right, const std::string& op = "==") {
  return R"({"match": {"op": ")" + op + R"(", "left": )" + left + R"(, "right": )" + right + "}}";
}

const std::string protocol = R"({"payload": {"protocol": "ip", "field": "protocol"}})";
const std::string l4proto = R"({"meta": {"key": "l4proto"}})";
const std::string dport = R"({"payload": {"protocol": "tcp", "field": "dport"}})";
const std::string saddr = R"({"payload": {"protocol": "ip", "field": "saddr"}})";
const std::string state = R"({"ct": {"key": "state"}})";
const std::string iifname = R"({"meta": {"key": "iifname"}})";

std::string rule(const std::string& condition, const std::string& verdict) { return "[" + condition + R"(, {")" + verdict + R"(": null}])"; }

}  // namespace

TEST_CASE("without rules everything passes") {
  CHECK(advert(Json::object()).verdict == Firewall::passes);
  CHECK(advert(ruleset({})).verdict == Firewall::passes);
}

TEST_CASE("a policy drops what no rule accepts") {
  const FirewallAnswer answer = advert(ruleset({rule(match(dport, "22"), "accept")}, "drop"));
  CHECK(answer.verdict == Firewall::drops);
  CHECK(answer.rule == "policy of the chain inet f input");
  CHECK(answer.remedy == "nft insert rule inet f input meta l4proto 112 accept");
}

TEST_CASE("rules that name the packet") {
  struct Row {
    const char* what;
    std::vector<std::string> rules;
    const char* policy;
    Firewall advert, sync;
  };
  const Firewall pass = Firewall::passes;
  const Firewall drop = Firewall::drops;
  for (const Row& row : std::vector<Row>{
           {"protocol by name", {rule(match(protocol, R"("vrrp")"), "drop")}, "accept", drop, pass},
           {"protocol by number", {rule(match(l4proto, "112"), "drop")}, "accept", drop, pass},
           {"reject", {rule(match(l4proto, R"("tcp")"), "reject")}, "accept", pass, drop},
           {"a set", {rule(match(l4proto, R"({"set": ["icmp", "vrrp"]})"), "accept")}, "drop", pass, drop},
           {"not", {rule(match(l4proto, R"("tcp")", "!="), "drop")}, "accept", drop, pass},
           {"a port in a range", {rule(match(dport, R"({"range": [5400, 5410]})"), "accept")}, "drop", drop, pass},
           {"a port in a set of ranges", {rule(match(dport, R"({"set": [80, {"range": [5000, 6000]}]})"), "accept")}, "drop", drop, pass},
           {"another port", {rule(match(dport, "5406"), "accept")}, "drop", drop, drop},
           {"the first that matches", {rule(match(l4proto, "112"), "accept"), rule(match(l4proto, "112"), "drop")}, "drop", pass, drop},
           {"established only", {rule(match(state, R"(["established", "related"])", "in"), "accept")}, "drop", drop, drop},
           {"invalid", {rule(match(state, R"("invalid")", "in"), "drop")}, "accept", pass, pass},
           {"by interface", {rule(match(iifname, R"("sync0")"), "accept")}, "drop", drop, pass},
           {"by interface, with a star", {rule(match(iifname, R"("eth*")"), "accept")}, "drop", pass, drop},
           {"by network", {rule(match(saddr, R"({"prefix": {"addr": "198.51.100.0", "len": 24}})"), "accept")}, "drop", drop, pass},
           {"by named set", {rule(match(saddr, R"("@lan")"), "accept")}, "drop", pass, drop},
           {"two conditions", {rule(match(iifname, R"("eth0")") + "," + match(l4proto, R"("vrrp")"), "accept")}, "drop", pass, drop},
           {"counted and logged", {R"([{"counter": {"packets": 0}}, {"log": null}, {"accept": null}])"}, "drop", pass, pass},
       }) {
    CAPTURE(row.what);
    CHECK(advert(ruleset(row.rules, row.policy)).verdict == row.advert);
    CHECK(sync(ruleset(row.rules, row.policy)).verdict == row.sync);
  }
}

TEST_CASE("a jump does what the other chain does, and comes back") {
  const std::vector<std::string> jump = {"[" + match(iifname, R"("eth0")") + R"(, {"jump": {"target": "other"}}])"};
  CHECK(advert(ruleset(jump, "drop", {rule(match(l4proto, "112"), "accept")})).verdict == Firewall::passes);
  CHECK(sync(ruleset(jump, "drop", {rule(match(l4proto, "6"), "accept")})).verdict == Firewall::drops);
  CHECK(advert(ruleset(jump, "accept", {rule(match(dport, "1"), "drop"), R"([{"return": null}])", R"([{"drop": null}])"})).verdict ==
        Firewall::passes);
  CHECK(advert(ruleset({R"([{"jump": {"target": "input"}}])"})).verdict == Firewall::passes);  // a loop that nft refuses
}

TEST_CASE("what is not understood makes it unclear, and only where it matters") {
  const std::string odd = R"({"match": {"op": "==", "left": {"fib": {"result": "type"}}, "right": "local"}})";
  CHECK(advert(ruleset({rule(odd, "drop")})).verdict == Firewall::unclear);
  CHECK(advert(ruleset({rule(odd, "accept")}, "drop")).verdict == Firewall::unclear);
  CHECK(advert(ruleset({rule(odd, "accept")})).verdict == Firewall::passes);
  CHECK(advert(ruleset({rule(odd, "accept"), rule(match(l4proto, "112"), "accept")}, "drop")).verdict == Firewall::passes);
  CHECK(advert(ruleset({R"([{"limit": {"rate": 5}}, {"accept": null}])"}, "drop")).verdict == Firewall::unclear);
  CHECK(sync(ruleset({rule(odd + "," + match(l4proto, "112"), "drop")})).verdict == Firewall::passes);
}

TEST_CASE("chains of the other family do not concern it") {
  Json rules = ruleset({rule(match(l4proto, "112"), "drop")});
  for (Json& entry : rules["nftables"]) {
    for (const char* kind : {"chain", "rule"}) {
      if (entry.contains(kind)) entry[kind]["family"] = "ip6";
    }
  }
  CHECK(advert(rules).verdict == Firewall::passes);
}

TEST_CASE("the remedy names the chain of the rule, and the packet") {
  const std::vector<std::string> jump = {R"([{"jump": {"target": "other"}}])"};
  const FirewallAnswer answer = sync(ruleset(jump, "accept", {R"([{"drop": null}])"}));
  CHECK(answer.rule == "inet f other, handle 2");
  CHECK(answer.remedy == "nft insert rule inet f other tcp dport 5405 accept");
  CHECK(advert(ruleset({})).remedy.empty());
}

namespace {

ProbePacket sent(Way way, const char* destination = "224.0.0.18") {
  const IpAddress to = *IpAddress::parse(destination);
  return {way, "eth0", *IpAddress::parse(to.is_v4() ? "192.0.2.11" : "fe80::1"), to, 112, 0};
}

// One base chain with one rule.
Json base_chain(const std::string& family, const std::string& hook, const std::string& expression, const Json& devices = nullptr) {
  Json chain = {{"family", family}, {"table", "t"}, {"name", "c"}, {"hook", hook}, {"policy", "accept"}};
  if (!devices.is_null()) chain["dev"] = devices;
  const Json rule = {{"family", family}, {"table", "t"}, {"chain", "c"}, {"handle", 3}, {"expr", Json::parse(expression)}};
  return {{"nftables", {{{"chain", chain}}, {{"rule", rule}}}}};
}

}  // namespace

TEST_CASE("each way passes its own hooks") {
  const auto dropped_at = [](const char* family, const char* hook, Way way) {
    return judge_firewall(base_chain(family, hook, R"([{"drop": null}])", "eth0"), sent(way)).verdict == Firewall::drops;
  };
  for (const char* hook : {"prerouting", "input"}) {
    CAPTURE(hook);
    CHECK(dropped_at("ip", hook, Way::in));
    CHECK_FALSE(dropped_at("ip", hook, Way::out));
    CHECK_FALSE(dropped_at("ip", hook, Way::frame));
  }
  for (const char* hook : {"output", "postrouting"}) {
    CAPTURE(hook);
    CHECK(dropped_at("inet", hook, Way::out));
    CHECK_FALSE(dropped_at("inet", hook, Way::in));
    CHECK_FALSE(dropped_at("inet", hook, Way::frame));
  }
  CHECK_FALSE(dropped_at("inet", "forward", Way::in));
  CHECK(dropped_at("netdev", "ingress", Way::in));
  CHECK(dropped_at("inet", "ingress", Way::in));
  CHECK_FALSE(dropped_at("netdev", "ingress", Way::frame));
  CHECK(dropped_at("netdev", "egress", Way::frame));
  CHECK(dropped_at("netdev", "egress", Way::out));
  CHECK_FALSE(dropped_at("netdev", "egress", Way::in));
}

TEST_CASE("a chain of a device concerns what passes that device") {
  const auto judged = [](const Json& devices) {
    return judge_firewall(base_chain("netdev", "ingress", rule(match(l4proto, R"("vrrp")"), "drop"), devices), sent(Way::in));
  };
  CHECK(judged("eth0").remedy == "nft insert rule netdev t c meta l4proto 112 accept");
  CHECK(judged({"eth1", "eth0"}).verdict == Firewall::drops);
  CHECK(judged("eth1").verdict == Firewall::passes);
  CHECK(judged({"eth1", "eth2"}).verdict == Firewall::passes);
  CHECK(judged(nullptr).verdict == Firewall::unclear);
}

TEST_CASE("the interface by which a packet leaves, and its family") {
  const auto verdict = [](const std::string& condition, const char* destination = "224.0.0.18") {
    return judge_firewall(base_chain("inet", "output", rule(condition, "drop")), sent(Way::out, destination)).verdict;
  };
  CHECK(verdict(match(R"({"meta": {"key": "oifname"}})", R"("eth0")")) == Firewall::drops);
  CHECK(verdict(match(R"({"meta": {"key": "oif"}})", R"("eth1")")) == Firewall::passes);
  CHECK(verdict(match(iifname, R"("eth0")")) == Firewall::passes);
  CHECK(verdict(match(R"({"meta": {"key": "protocol"}})", R"("ip6")")) == Firewall::passes);
  CHECK(verdict(match(R"({"meta": {"key": "protocol"}})", R"("ip6")"), "ff02::12") == Firewall::drops);
  CHECK(verdict(match(R"({"payload": {"protocol": "ip6", "field": "nexthdr"}})", R"("vrrp")"), "ff02::12") == Firewall::drops);
  CHECK(verdict(match(R"({"payload": {"protocol": "ether", "field": "type"}})", R"("ip")")) == Firewall::drops);
  CHECK(verdict(match(R"({"meta": {"key": "pkttype"}})", R"("multicast")")) == Firewall::passes);
}

TEST_CASE("devices of chains are read from the rules as text") {
  const char* text = R"(table inet f {
	chain input {
		type filter hook input priority filter; policy accept;
		iifname "eth9" drop
	}
}
table netdev t {
	chain other {
		type filter hook ingress devices = { "eth1", "eth2" } priority filter; policy accept;
	}

	chain c {
		type filter hook ingress device "eth0" priority filter; policy drop;
	}
}
)";
  Json rules = base_chain("netdev", "ingress", R"([{"drop": null}])");
  rules["nftables"].push_back({{"chain", {{"family", "netdev"}, {"table", "t"}, {"name", "other"}, {"hook", "ingress"}}}});
  rules["nftables"].push_back({{"chain", {{"family", "inet"}, {"table", "f"}, {"name", "input"}, {"hook", "input"}}}});
  name_devices(rules, text);
  CHECK(rules["nftables"][0]["chain"]["dev"] == Json({"eth0"}));
  CHECK(rules["nftables"][2]["chain"]["dev"] == Json({"eth1", "eth2"}));
  CHECK_FALSE(rules["nftables"][3]["chain"].contains("dev"));
  for (const char* broken : {"", "table", "type x device", "table netdev t {\nchain c {\ntype filter hook ingress device \"eth0"}) {
    CHECK_NOTHROW(name_devices(rules, broken));
  }
}
