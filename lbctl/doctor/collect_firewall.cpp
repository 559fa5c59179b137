#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lbctl/doctor/advert_packets.hpp"
#include "lbctl/doctor/collect.hpp"
#include "lbctl/doctor/firewall.hpp"
#include "lbctl/doctor/firewall_devices.hpp"
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
  if (const auto plain = output_of("nft list ruleset")) name_devices(json, *plain);
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

// Both firewalls, of which a packet passes both.
class Firewalls {
 public:
  FirewallAnswer judge(const ProbePacket& packet) {
    FirewallAnswer answer;
    if (ruleset_) answer = judge_firewall(*ruleset_, packet);
    const Legacy& legacy = legacy_of(packet.source.is_v6());
    if (answer.verdict == Firewall::drops || !legacy.rules) return answer;
    FirewallAnswer other = judge_legacy_firewall(*legacy.rules, packet);
    if (other.verdict == Firewall::drops) other.rule = "iptables-legacy: " + other.rule;
    return other.verdict == Firewall::passes ? answer : other;
  }

  /// Whether there were old rules, of a family that was asked for, that could not be read.
  [[nodiscard]] bool unread() const {
    return std::any_of(legacy_.begin(), legacy_.end(), [](const auto& one) { return one.second.exists && !one.second.rules; });
  }

 private:
  const Legacy& legacy_of(bool v6) {
    const auto known = legacy_.find(v6);
    return known != legacy_.end() ? known->second : legacy_.emplace(v6, legacy_rules(v6)).first->second;
  }

  std::optional<Json> ruleset_ = nft_ruleset();
  std::map<bool, Legacy> legacy_;  // by: is it of IPv6
};

std::string interface_of(const Facts& facts, const IpAddress& address) {
  for (const InterfaceFacts& interface : facts.interfaces) {
    if (std::find(interface.addresses.begin(), interface.addresses.end(), address) != interface.addresses.end()) return interface.name;
  }
  return {};
}

}  // namespace

void collect_firewall(Facts& facts) {
  if (!facts.root || facts.self.empty() || facts.vips.empty()) {
    facts.firewall.legacy_rules = first_line("/proc/net/ip_tables_names").has_value();
    return;
  }
  const auto& nodes = facts.config.cluster->nodes;
  const bool first = nodes[0].name == facts.self;
  const IpAddress& own = nodes[first ? 0 : 1].sync_address;
  Firewalls firewalls;
  for (const ProbePacket& packet : advert_packets(facts)) facts.firewall.adverts.push_back({packet, firewalls.judge(packet)});
  facts.firewall.sync = firewalls.judge({.way = Way::in,
                                         .interface = interface_of(facts, own),
                                         .source = nodes[first ? 1 : 0].sync_address,
                                         .destination = own,
                                         .protocol = 6,
                                         .port = facts.config.cluster->sync.port});
  facts.firewall.legacy_rules = firewalls.unread();
}

}  // namespace tandem::ctl
