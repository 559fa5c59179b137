#include "lbctl/doctor/firewall.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

enum class Match : std::uint8_t { no, maybe, yes };
// What a chain does with the packet: next is "goes on behind it".
enum class Fate : std::uint8_t { next, accept, drop };

Match matches_if(bool condition) { return condition ? Match::yes : Match::no; }

std::optional<std::int64_t> protocol_number(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto name = value.get<std::string>();
  if (name == "vrrp" || name == "carp") return 112;
  if (name == "tcp") return 6;
  if (name == "udp") return 17;
  if (name == "icmp") return 1;
  if (name == "ipv6-icmp" || name == "icmpv6") return 58;
  if (name == "igmp") return 2;
  if (name == "ah") return 51;
  if (name == "esp") return 50;
  return std::nullopt;
}

Match matches_number(std::int64_t value, const Json& right, bool is_protocol) {
  if (right.is_object() && right.contains("range") && right["range"].size() == 2 && right["range"][0].is_number()) {
    return matches_if(value >= right["range"][0].get<std::int64_t>() && value <= right["range"][1].get<std::int64_t>());
  }
  const auto number = is_protocol ? protocol_number(right)
                      : right.is_number_integer() ? std::optional(right.get<std::int64_t>()) : std::nullopt;
  return number ? matches_if(*number == value) : Match::maybe;
}

Match matches_address(const IpAddress& address, const Json& right) {
  if (right.is_object() && right.contains("prefix")) {
    const Json& prefix = right["prefix"];
    const auto parsed = Prefix::parse(text_field(prefix, "addr") + "/" + text_field(prefix, "len"));
    return parsed ? matches_if(parsed->contains(address)) : Match::maybe;
  }
  if (right.is_object() && right.contains("range") && right["range"].size() == 2 && right["range"][0].is_string()) {
    const auto first = IpAddress::parse(right["range"][0].get<std::string>());
    const auto last = IpAddress::parse(right["range"][1].is_string() ? right["range"][1].get<std::string>() : "");
    return first && last ? matches_if(*first <= address && address <= *last) : Match::maybe;
  }
  const auto parsed = right.is_string() ? IpAddress::parse(right.get<std::string>()) : std::nullopt;
  return parsed ? matches_if(*parsed == address) : Match::maybe;
}

Match matches_word(const std::string& word, const Json& right) {
  if (!right.is_string()) return Match::maybe;
  const auto pattern = right.get<std::string>();
  if (pattern.ends_with('*')) return matches_if(word.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0);
  return matches_if(word == pattern);
}

class Judge {
 public:
  Judge(const Json& ruleset, const ProbePacket& packet) : packet_(packet) {
    for (const Json& entry : elements(ruleset, "nftables")) {
      if (entry.contains("chain")) chains_.push_back(entry["chain"]);
      if (entry.contains("rule")) rules_.push_back(entry["rule"]);
      if (entry.contains("set")) sets_.push_back(entry["set"]);
    }
  }

  FirewallAnswer run() {
    FirewallAnswer answer;
    for (const Json& chain : chains_) {
      const std::string hook = text_field(chain, "hook", "");
      const std::string family = text_field(chain, "family");
      if (hook != "input" && hook != "prerouting") continue;
      if (family != "inet" && family != (packet_.source.is_v4() ? "ip" : "ip6")) continue;
      unclear_.clear();
      culprit_.clear();
      Fate fate = walk(family, text_field(chain, "table"), text_field(chain, "name"), 0);
      if (fate == Fate::next && text_field(chain, "policy", "accept") == "drop") {
        fate = Fate::drop;
        culprit_ = fmt::format("policy of the chain {} {} {}", family, text_field(chain, "table"), text_field(chain, "name"));
      }
      if (fate == Fate::drop && unclear_.empty()) return {Firewall::drops, culprit_};
      if (fate == Fate::drop || may_drop_) answer = {Firewall::unclear, unclear_.empty() ? culprit_ : unclear_};
      may_drop_ = false;
    }
    return answer;
  }

 private:
  // Rules that may match leave a trace in unclear_ (may accept before) or may_drop_.
  Fate walk(const std::string& family, const std::string& table, const std::string& chain, int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) return Fate::next;
    for (const Json& rule : rules_) {
      const bool here = text_field(rule, "family") == family && text_field(rule, "table") == table &&
                        text_field(rule, "chain") == chain;
      if (!here) continue;
      Match match = Match::yes;
      const std::string name = fmt::format("{} {} {}, handle {}", family, table, chain, text_field(rule, "handle"));
      for (const Json& statement : elements(rule, "expr")) {
        if (match == Match::no) break;
        const Fate fate = obey(statement, match, family, table, depth);
        if (match == Match::no || fate == Fate::next) {
          if (match != Match::no && statement.contains("return")) return Fate::next;
          continue;
        }
        if (match == Match::yes) {
          if (fate == Fate::drop && culprit_.empty()) culprit_ = name;
          return fate;
        }
        if (fate == Fate::accept) unclear_ = name;
        if (fate == Fate::drop) may_drop_ = true;
        if (fate == Fate::drop && culprit_.empty()) culprit_ = name;
        break;
      }
    }
    return Fate::next;
  }

  // Narrows `match` if the statement is a condition; else what it does with the packet.
  Fate obey(const Json& statement, Match& match, const std::string& family, const std::string& table, int depth) {
    if (statement.contains("match")) {
      match = std::min(match, condition(statement["match"], family, table));
    } else if (statement.contains("accept")) {
      return Fate::accept;
    } else if (statement.contains("drop") || statement.contains("reject")) {
      return Fate::drop;
    } else if (statement.contains("jump") || statement.contains("goto")) {
      const Json& jump = statement.contains("jump") ? statement["jump"] : statement["goto"];
      return walk(family, table, text_field(jump, "target"), depth + 1);
    } else if (statement.contains("limit") || statement.contains("vmap") || statement.contains("xt")) {
      match = std::min(match, Match::maybe);
      if (statement.contains("vmap")) may_drop_ = may_drop_ || statement.dump().find("\"drop\"") != std::string::npos;
    }
    return Fate::next;  // counters, logs, marks
  }

  Match condition(const Json& match, const std::string& family, const std::string& table) const {
    const std::string op = text_field(match, "op");
    const Json& right = member(match, "right");
    std::vector<Json> values = {right};
    const Json* listed = &right;
    if (right.is_string() && right.get<std::string>().starts_with('@')) listed = named_set(family, table, right.get<std::string>().substr(1));
    if (listed == nullptr) return Match::maybe;
    if (listed->is_object() && listed->contains("set")) values = elements(*listed, "set");
    if (listed->is_object() && listed->contains("elem")) values = elements(*listed, "elem");
    if (listed->is_array()) values.assign(listed->begin(), listed->end());
    Match any = Match::no;
    for (const Json& value : values) any = std::max(any, one(member(match, "left"), value));
    if (op == "==" || op == "in") return any;
    if (op != "!=") return Match::maybe;
    return any == Match::maybe ? any : matches_if(any == Match::no);
  }

  const Json* named_set(const std::string& family, const std::string& table, const std::string& name) const {
    for (const Json& set : sets_) {
      if (text_field(set, "family") == family && text_field(set, "table") == table && text_field(set, "name") == name) return &set;
    }
    return nullptr;
  }

  [[nodiscard]] Match one(const Json& left, const Json& right) const {
    if (left.contains("ct") && text_field(left["ct"], "key") == "state") return matches_word("new", right);
    if (left.contains("meta")) return meta(text_field(left["meta"], "key"), right);
    if (left.contains("payload")) {
      return payload(text_field(left["payload"], "protocol", ""), text_field(left["payload"], "field", ""), right);
    }
    return Match::maybe;
  }

  [[nodiscard]] Match meta(const std::string& key, const Json& right) const {
    if (key == "iifname" || key == "iif") return matches_word(packet_.interface, right);
    if (key == "l4proto") return matches_number(packet_.protocol, right, true);
    if (key == "nfproto") return matches_word(packet_.source.is_v4() ? "ipv4" : "ipv6", right);
    const bool multicast = packet_.destination.is_multicast();
    if (key == "pkttype") return matches_word(multicast ? "multicast" : "host", right);
    return Match::maybe;
  }

  [[nodiscard]] Match payload(const std::string& protocol, const std::string& field, const Json& right) const {
    const bool v4 = packet_.source.is_v4();
    if (protocol == "ip" || protocol == "ip6") {
      if ((protocol == "ip") != v4) return Match::no;
      if (field == "protocol" || field == "nexthdr") return matches_number(packet_.protocol, right, true);
      if (field == "saddr") return matches_address(packet_.source, right);
      if (field == "daddr") return matches_address(packet_.destination, right);
      return Match::maybe;
    }
    const bool tcp = packet_.protocol == 6;
    if (protocol == "tcp" || protocol == "th") {
      if (!tcp) return Match::no;
      return field == "dport" ? matches_number(packet_.port, right, false) : Match::maybe;
    }
    return protocol == "udp" || protocol.starts_with("icmp") ? Match::no : Match::maybe;
  }

  const ProbePacket& packet_;
  std::vector<Json> chains_;
  std::vector<Json> rules_;
  std::vector<Json> sets_;
  std::string unclear_;  // a rule that may accept, before anything certain
  std::string culprit_;
  bool may_drop_ = false;
};

}  // namespace

FirewallAnswer judge_firewall(const Json& ruleset, const ProbePacket& packet) { return Judge(ruleset, packet).run(); }

}  // namespace tandem::ctl
