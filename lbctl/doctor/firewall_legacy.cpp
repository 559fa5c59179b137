#include "lbctl/doctor/firewall_legacy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tandem::ctl {
namespace {

enum class Match : std::uint8_t { no, maybe, yes };
// What a chain does with the packet: next is "goes on behind it".
enum class Fate : std::uint8_t { next, accept, drop, leave };

Match matches_if(bool condition) { return condition ? Match::yes : Match::no; }

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// The words of a line; what stands in quotes (a comment) is one.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (c != ' ' || quoted) word += c;
    else if (!word.empty()) words.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<int> protocol_number(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, int>, 10> known = {
      {{"vrrp", 112}, {"carp", 112}, {"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"ipv6-icmp", 58}, {"igmp", 2}, {"ah", 51}, {"esp", 50}, {"all", 0}}};
  for (const auto& [word, value] : known) {
    if (word == name) return value;
  }
  return number(name);
}

Match matches_protocol(const std::string& name, int protocol) {
  const auto meant = protocol_number(name);
  return meant ? matches_if(*meant == 0 || *meant == protocol) : Match::maybe;
}

Match matches_address(const std::string& text, const IpAddress& address) {
  Match any = Match::no;
  for (const std::string& one : split(text, ',')) {
    const auto prefix = Prefix::parse(one);
    any = std::max(any, prefix ? matches_if(prefix->contains(address)) : Match::maybe);
  }
  return any;
}

Match matches_interface(const std::string& pattern, const std::string& name) {
  if (!pattern.ends_with('+')) return matches_if(pattern == name);
  return matches_if(name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0);
}

// "80", "1000:2000", and lists of these.
Match matches_ports(const std::string& text, int port) {
  Match any = Match::no;
  for (const std::string& one : split(text, ',')) {
    const std::size_t colon = one.find(':');
    const auto first = number(one.substr(0, colon));
    const auto last = colon == std::string::npos ? first : number(one.substr(colon + 1));
    any = std::max(any, first && last ? matches_if(*first <= port && port <= *last) : Match::maybe);
  }
  return any;
}

class Judge {
 public:
  Judge(std::string_view rules, const ProbePacket& packet)
      : packet_(packet), first_chain_(packet.way == Way::in ? "INPUT" : "OUTPUT") {
    std::istringstream stream{std::string(rules)};
    for (std::string line; std::getline(stream, line);) {
      auto words = words_of(line);
      if (words.size() == 3 && words[0] == "-P" && words[1] == first_chain_) policy_drops_ = words[2] != "ACCEPT";
      if (words.size() >= 2 && words[0] == "-A") rules_.push_back({line, std::move(words)});
    }
  }

  FirewallAnswer run() {
    Fate fate = walk(first_chain_, 0);
    if (fate == Fate::next && policy_drops_) {
      fate = Fate::drop;
      culprit_ = "policy of the chain " + first_chain_;
      culprits_chain_ = first_chain_;
    }
    if (fate == Fate::drop) return {unclear_.empty() ? Firewall::drops : Firewall::unclear, culprit_, remedy()};
    return may_drop_ ? FirewallAnswer{Firewall::unclear, culprit_, remedy()} : FirewallAnswer{Firewall::passes, {}, {}};
  }

 private:
  struct Rule {
    std::string text;
    std::vector<std::string> words;  // "-A", the chain, options
  };

  [[nodiscard]] std::string remedy() const {
    const char* program = packet_.source.is_v4() ? "iptables-legacy" : "ip6tables-legacy";
    const std::string packet = packet_.protocol == 6 ? fmt::format("tcp --dport {}", packet_.port) : fmt::format("{}", packet_.protocol);
    return fmt::format("{} -I {} -p {} -j ACCEPT", program, culprits_chain_, packet);
  }

  Fate walk(const std::string& chain, int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) return Fate::next;
    for (const Rule& rule : rules_) {
      if (rule.words[1] != chain) continue;
      std::string target;
      const Match match = examine(rule.words, target);
      if (match == Match::no) continue;
      const Fate fate = obey(target, depth);
      if (fate == Fate::next) continue;
      if (fate == Fate::drop && culprit_.empty()) {
        culprit_ = rule.text;
        culprits_chain_ = chain;
      }
      if (match == Match::yes) return fate == Fate::leave ? Fate::next : fate;
      if (fate == Fate::drop) may_drop_ = true;
      else unclear_ = rule.text;
    }
    return Fate::next;
  }

  Fate obey(const std::string& target, int depth) {
    if (target == "ACCEPT") return Fate::accept;
    if (target == "DROP" || target == "REJECT") return Fate::drop;
    if (target == "RETURN") return Fate::leave;
    return walk(target, depth + 1);  // of LOG, MARK and the like there is no chain
  }

  // Whether the packet meets all conditions, and what happens then.
  Match examine(const std::vector<std::string>& words, std::string& target) const {
    Match all = Match::yes;
    bool negated = false;
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "!") {
        negated = true;
        continue;
      }
      const std::string& option = words[i];
      const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
      if (option == "-j" || option == "-g") {
        target = value;
        break;  // what follows are options of the target
      }
      Match match = condition(option, value);
      if (negated && match != Match::maybe) match = matches_if(match == Match::no);
      negated = false;
      all = std::min(all, match);
      while (i + 1 < words.size() && !words[i + 1].starts_with('-') && words[i + 1] != "!") ++i;
    }
    return all;
  }

  [[nodiscard]] Match condition(const std::string& option, const std::string& value) const {
    const bool multicast = packet_.destination.is_multicast();
    if (option == "-i" || option == "-o") return matches_interface(value, packet_.interface);
    if (option == "-s") return matches_address(value, packet_.source);
    if (option == "-d") return matches_address(value, packet_.destination);
    if (option == "-p") return matches_protocol(value, packet_.protocol);
    if (option == "--dport" || option == "--dports") return matches_ports(value, packet_.port);
    // Nothing ever answers an advert, and of a connection the first packet counts.
    if (option == "--ctstate" || option == "--state") return matches_if(value.find("NEW") != std::string::npos);
    const bool arrives = packet_.way == Way::in;
    if (option == "--pkt-type") return matches_if(value == (multicast && arrives ? "multicast" : "unicast"));
    if (option == "--dst-type") return matches_if(value == (multicast ? "MULTICAST" : arrives ? "LOCAL" : "UNICAST"));
    if (option == "--comment") return Match::yes;
    if (option == "-m") return Match::yes;  // its options say what it asks for
    return Match::maybe;
  }

  const ProbePacket& packet_;
  const std::string first_chain_;
  std::vector<Rule> rules_;
  bool policy_drops_ = false;
  std::string unclear_;  // a rule that may let it pass, before anything certain
  std::string culprit_;
  std::string culprits_chain_;
  bool may_drop_ = false;
};

}  // namespace

FirewallAnswer judge_legacy_firewall(std::string_view rules, const ProbePacket& packet) {
  if (packet.way == Way::frame) return {Firewall::passes, {}, {}};
  return Judge(rules, packet).run();
}

}  // namespace tandem::ctl
