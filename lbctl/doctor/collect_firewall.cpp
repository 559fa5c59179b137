#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lbctl/doctor/collect.hpp"
#include "lbctl/doctor/firewall.hpp"
#include "lbctl/doctor/firewall_legacy.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

// What a program prints; nullopt if there is none, or it fails.
std::optional<std::string> output_of(const std::string& command) {
  constexpr std::size_t most = std::size_t{16} * 1024 * 1024;
  std::FILE* pipe = ::popen(("PATH=$PATH:/usr/sbin:/sbin " + command + " 2>/dev/null").c_str(), "re");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 65536> chunk{};
  while (text.size() < most) {
    const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), pipe);
    if (size == 0) break;
    text.append(chunk.data(), size);
  }
  return ::pclose(pipe) == 0 ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<Json> nft_ruleset() {
  const auto text = output_of("nft -j list ruleset");
  if (!text) return std::nullopt;
  Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

// The rules of the old iptables for this family. Asked only where the kernel has its tables already: the question itself
// would make them.
struct Legacy {
  bool exists = false;
  std::optional<std::string> rules;
};

Legacy legacy_rules(bool v6) {
  Legacy legacy;
  legacy.exists = first_line(v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names").has_value();
  if (legacy.exists) legacy.rules = output_of(v6 ? "ip6tables-legacy -S" : "iptables-legacy -S");
  return legacy;
}

std::string interface_of(const Facts& facts, const IpAddress& address) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    if (std::find(interface.addresses.begin(), interface.addresses.end(), address) != interface.addresses.end()) return interface.name;
  }
  return {};
}

// Every packet passes both firewalls.
FirewallAnswer judge(const std::optional<Json>& ruleset, const Legacy& legacy, const ProbePacket& packet) {
  FirewallAnswer answer{ruleset ? Firewall::passes : Firewall::unknown, {}};
  if (ruleset) answer = judge_firewall(*ruleset, packet);
  if (answer.verdict == Firewall::drops || !legacy.rules) return answer;
  const FirewallAnswer other = judge_legacy_firewall(*legacy.rules, packet);
  if (other.verdict == Firewall::drops) return {other.verdict, "iptables-legacy: " + other.rule};
  return other.verdict == Firewall::unclear ? other : answer;
}

}  // namespace

void collect_firewall(Facts& facts) {
  if (!facts.root || facts.self.empty() || facts.vips.empty()) {
    facts.firewall.legacy_rules = first_line("/proc/net/ip_tables_names").has_value();
    return;
  }
  const auto& nodes = facts.config.cluster->nodes;
  const bool first = nodes[0].name == facts.self;
  const config::NodeConfig& self = nodes[first ? 0 : 1];
  const config::NodeConfig& peer = nodes[first ? 1 : 0];
  const VipFacts& vip = facts.vips.front();
  const bool v6 = peer.address.is_v6();
  const auto ruleset = nft_ruleset();
  const Legacy lan = legacy_rules(v6);
  const Legacy link = legacy_rules(peer.sync_address.is_v6());
  facts.firewall.legacy_rules = (lan.exists && !lan.rules) || (link.exists && !link.rules);
  const IpAddress group = *IpAddress::parse(v6 ? "ff02::12" : "224.0.0.18");
  const FirewallAnswer adverts = judge(ruleset, lan, {.interface = vip.interface,
                                                      .source = peer.address,
                                                      .destination = vip.unicast ? self.address : group,
                                                      .protocol = 112,
                                                      .port = 0});
  const FirewallAnswer sync = judge(ruleset, link, {.interface = interface_of(facts, self.sync_address),
                                                    .source = peer.sync_address,
                                                    .destination = self.sync_address,
                                                    .protocol = 6,
                                                    .port = facts.config.cluster->sync.port});
  facts.firewall.adverts = adverts.verdict;
  facts.firewall.adverts_rule = adverts.rule;
  facts.firewall.sync = sync.verdict;
  facts.firewall.sync_rule = sync.rule;
}

}  // namespace tandem::ctl
