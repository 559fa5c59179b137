#include "lbctl/doctor/firewall_match.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

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

Match matches_meta(const ProbePacket& packet, const std::string& key, const Json& right) {
  const bool arrives = packet.way == Way::in;
  const bool v4 = packet.source.is_v4();
  // The other interface of such a packet has no name.
  if (key == "iifname" || key == "iif") return matches_word(arrives ? packet.interface : "", right);
  if (key == "oifname" || key == "oif") return matches_word(arrives ? "" : packet.interface, right);
  if (key == "l4proto") return matches_number(packet.protocol, right, true);
  if (key == "nfproto") return matches_word(v4 ? "ipv4" : "ipv6", right);
  if (key == "protocol") return matches_word(v4 ? "ip" : "ip6", right);
  // Only what arrives is marked as multicast; what leaves through the kernel's IP counts as for this host.
  if (key == "pkttype") return matches_word(arrives && packet.destination.is_multicast() ? "multicast" : "host", right);
  return Match::maybe;
}

Match matches_payload(const ProbePacket& packet, const std::string& protocol, const std::string& field, const Json& right) {
  const bool v4 = packet.source.is_v4();
  if (protocol == "ether") return field == "type" ? matches_word(v4 ? "ip" : "ip6", right) : Match::maybe;
  if (protocol == "ip" || protocol == "ip6") {
    if ((protocol == "ip") != v4) return Match::no;
    if (field == "protocol" || field == "nexthdr") return matches_number(packet.protocol, right, true);
    if (field == "saddr") return matches_address(packet.source, right);
    if (field == "daddr") return matches_address(packet.destination, right);
    return Match::maybe;
  }
  const bool tcp = packet.protocol == 6;
  if (protocol == "tcp" || protocol == "th") {
    if (!tcp) return Match::no;
    return field == "dport" ? matches_number(packet.port, right, false) : Match::maybe;
  }
  return protocol == "udp" || protocol.starts_with("icmp") ? Match::no : Match::maybe;
}

}  // namespace

Match match_packet(const ProbePacket& packet, const Json& left, const Json& right) {
  if (left.contains("ct") && text_field(left["ct"], "key") == "state") return matches_word("new", right);
  if (left.contains("meta")) return matches_meta(packet, text_field(left["meta"], "key"), right);
  if (left.contains("payload")) {
    const Json& payload = left["payload"];
    return matches_payload(packet, text_field(payload, "protocol", ""), text_field(payload, "field", ""), right);
  }
  return Match::maybe;
}

}  // namespace tandem::ctl
