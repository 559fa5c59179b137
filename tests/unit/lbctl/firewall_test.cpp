// Rules as `nft -j` prints them, and what they do with an advert and with a connection to syncd.
#include "lbctl/doctor/firewall.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

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
  return judge_firewall(rules, {"eth0", *IpAddress::parse("192.0.2.12"), *IpAddress::parse("224.0.0.18"), 112, 0});
}

FirewallAnswer sync(const Json& rules) {
  return judge_firewall(rules, {"sync0", *IpAddress::parse("198.51.100.2"), *IpAddress::parse("198.51.100.1"), 6, 5405});
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
