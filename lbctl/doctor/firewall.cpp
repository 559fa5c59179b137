#include "lbctl/doctor/firewall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "lbctl/doctor/firewall_match.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

// What a chain does with the packet: next is "goes on behind it".
enum class Fate : std::uint8_t { next, accept, drop };

std::string name_of(const std::string& family, const std::string& table, const std::string& chain) {
  return fmt::format("{} {} {}", family, table, chain);
}

// A rule that accepts such packets and nothing else, whatever their family.
std::string accepting_rule(const ProbePacket& packet) {
  return packet.protocol == 6 ? fmt::format("tcp dport {} accept", packet.port) : fmt::format("meta l4proto {} accept", packet.protocol);
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
    FirewallAnswer answer{Firewall::passes, {}, {}};
    for (const Json& chain : chains_) {
      const Match passed = concerned(chain);
      if (passed == Match::no) continue;
      const std::string family = text_field(chain, "family");
      const std::string table = text_field(chain, "table");
      const std::string name = text_field(chain, "name");
      unclear_.clear();
      culprit_ = {};
      may_drop_ = false;
      Fate fate = walk(family, table, name, 0);
      if (fate == Fate::next && text_field(chain, "policy", "accept") == "drop") {
        fate = Fate::drop;
        culprit_ = {"policy of the chain " + name_of(family, table, name), name_of(family, table, name)};
      }
      if (fate == Fate::drop && unclear_.empty() && passed == Match::yes) return {Firewall::drops, culprit_.rule, remedy()};
      if (fate == Fate::drop || may_drop_) answer = {Firewall::unclear, unclear_.empty() ? culprit_.rule : unclear_, remedy()};
    }
    return answer;
  }

 private:
  // What drops the packet, and the chain in which an earlier rule would save it.
  struct Culprit {
    std::string rule;
    std::string chain;
  };

  [[nodiscard]] std::string remedy() const {
    return culprit_.chain.empty() ? std::string() : fmt::format("nft insert rule {} {}", culprit_.chain, accepting_rule(packet_));
  }

  // Whether the packet passes the hook of this base chain.
  [[nodiscard]] Match concerned(const Json& chain) const {
    const std::string hook = text_field(chain, "hook", "");
    if (hook == (packet_.way == Way::in ? "ingress" : "egress")) return on_device(chain);
    const bool through_ip = packet_.way == Way::in ? hook == "input" || hook == "prerouting"
                                                   : packet_.way == Way::out && (hook == "output" || hook == "postrouting");
    const std::string family = text_field(chain, "family");
    return matches_if(through_ip && (family == "inet" || family == (packet_.source.is_v4() ? "ip" : "ip6")));
  }

  [[nodiscard]] Match on_device(const Json& chain) const {
    const Json& device = member(chain, "dev");
    if (device.is_string()) return matches_if(device == packet_.interface);
    if (!device.is_array()) return Match::maybe;
    return matches_if(std::find(device.begin(), device.end(), Json(packet_.interface)) != device.end());
  }

  // Rules that may match leave a trace in unclear_ (may accept before) or may_drop_.
  Fate walk(const std::string& family, const std::string& table, const std::string& chain, int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) return Fate::next;
    for (const Json& rule : rules_) {
      const bool here = text_field(rule, "family") == family && text_field(rule, "table") == table &&
                        text_field(rule, "chain") == chain;
      if (!here) continue;
      Match match = Match::yes;
      const std::string where = name_of(family, table, chain);
      const Culprit suspect{fmt::format("{}, handle {}", where, text_field(rule, "handle")), where};
      for (const Json& statement : elements(rule, "expr")) {
        if (match == Match::no) break;
        const Fate fate = obey(statement, match, family, table, depth);
        if (match == Match::no || fate == Fate::next) {
          if (match != Match::no && statement.contains("return")) return Fate::next;
          continue;
        }
        if (match == Match::yes) {
          if (fate == Fate::drop && culprit_.rule.empty()) culprit_ = suspect;
          return fate;
        }
        if (fate == Fate::accept) unclear_ = suspect.rule;
        if (fate == Fate::drop) may_drop_ = true;
        if (fate == Fate::drop && culprit_.rule.empty()) culprit_ = suspect;
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
    for (const Json& value : values) any = std::max(any, match_packet(packet_, member(match, "left"), value));
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

  const ProbePacket& packet_;
  std::vector<Json> chains_;
  std::vector<Json> rules_;
  std::vector<Json> sets_;
  std::string unclear_;  // a rule that may accept, before anything certain
  Culprit culprit_;
  bool may_drop_ = false;
};

}  // namespace

FirewallAnswer judge_firewall(const Json& ruleset, const ProbePacket& packet) { return Judge(ruleset, packet).run(); }

}  // namespace tandem::ctl
