#include "lbctl/doctor/advert_packets.hpp"

#include <algorithm>

namespace tandem::ctl {
namespace {

constexpr std::uint8_t vrrp = 112;

struct Ends {
  IpAddress own;
  IpAddress peer;
};

// Adverts of IPv6 multicast come from link-local addresses. Which one the peer has does not matter to the rules in use.
Ends multicast_ends(const Facts& facts, const VipFacts& vip, const Ends& configured) {
  if (!is_v6_router(vip)) return configured;
  Ends ends{*IpAddress::parse("fe80::1"), *IpAddress::parse("fe80::2")};
  for (const InterfaceFacts& interface : facts.interfaces) {
    if (interface.name != vip.interface) continue;
    for (const IpAddress& address : interface.addresses) {
      if (address.is_v6_link_local()) ends.own = address;
    }
  }
  return ends;
}

void add(std::vector<ProbePacket>& packets, const ProbePacket& packet) {
  const auto same = [&packet](const ProbePacket& other) {
    return other.way == packet.way && other.interface == packet.interface && other.destination == packet.destination;
  };
  if (std::none_of(packets.begin(), packets.end(), same)) packets.push_back(packet);
}

}  // namespace

IpAddress advert_group(bool v6) { return *IpAddress::parse(v6 ? "ff02::12" : "224.0.0.18"); }

bool is_v6_router(const VipFacts& vip) {
  return std::none_of(vip.addresses.begin(), vip.addresses.end(), [](const Prefix& prefix) { return prefix.address.is_v4(); });
}

std::vector<ProbePacket> advert_packets(const Facts& facts) {
  const auto& nodes = facts.config.cluster->nodes;
  const bool first = nodes[0].name == facts.self;
  const Ends configured{nodes[first ? 0 : 1].address, nodes[first ? 1 : 0].address};
  std::vector<ProbePacket> packets;
  const auto advert = [&packets](Way way, const std::string& interface, const IpAddress& source, const IpAddress& destination) {
    add(packets, {.way = way, .interface = interface, .source = source, .destination = destination, .protocol = vrrp, .port = 0});
  };
  for (const VipFacts& vip : facts.vips) {
    if (vip.unicast) {
      advert(Way::in, vip.interface, configured.peer, configured.own);
      advert(Way::out, vip.interface, configured.own, configured.peer);
      continue;
    }
    const Ends ends = multicast_ends(facts, vip, configured);
    const IpAddress group = advert_group(is_v6_router(vip));
    advert(Way::in, vip.interface, ends.peer, group);
    advert(Way::frame, vip.interface, ends.own, group);
    advert(Way::out, vip.interface, ends.own, group);
  }
  return packets;
}

}  // namespace tandem::ctl
