#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

constexpr const char* and_keep = "(and where the rules are kept, or it is lost with the next start)";

// What a node cannot do whose adverts are dropped.
enum class Handicap : std::uint8_t { deaf, mute, no_farewell };

// A rule that drops adverts, and to where those go.
struct Obstacle {
  Handicap handicap;
  FirewallAnswer answer;
  std::string destinations;
};

Handicap handicap_of(const ProbePacket& packet) {
  if (packet.way == Way::in) return Handicap::deaf;
  return packet.way == Way::out && packet.destination.is_multicast() ? Handicap::no_farewell : Handicap::mute;
}

std::vector<Obstacle> obstacles(const FirewallFacts& firewall) {
  std::vector<Obstacle> found;
  for (const auto& [packet, answer] : firewall.adverts) {
    if (answer.verdict != Firewall::drops) continue;
    const Handicap handicap = handicap_of(packet);
    const std::string destination = packet.destination.to_string();
    const auto known = std::find_if(found.begin(), found.end(), [&](const Obstacle& other) {
      return other.handicap == handicap && other.answer.rule == answer.rule && other.answer.remedy == answer.remedy;
    });
    if (known == found.end()) found.push_back({handicap, answer, destination});
    else if (known->destinations.find(destination) == std::string::npos) known->destinations += " and " + destination;
  }
  return found;
}

void report(const Obstacle& obstacle, Findings& findings) {
  const FirewallAnswer& answer = obstacle.answer;
  const std::string& destinations = obstacle.destinations;
  const std::string fix = fmt::format("{}   {}", answer.remedy, and_keep);
  switch (obstacle.handicap) {
    case Handicap::deaf:
      return findings.fail("firewall", fmt::format("the firewall drops the peer's adverts (VRRP, protocol 112) to {} ({})", destinations, answer.rule),
                           "this node does not hear the peer, takes every address, and both answer for it", fix);
    case Handicap::mute:
      return findings.fail("firewall", fmt::format("the firewall drops this node's own adverts (VRRP, protocol 112) to {} ({})", destinations, answer.rule),
                           "the peer does not hear this node, takes every address, and both answer for it", fix);
    case Handicap::no_farewell:
      return findings.warn("firewall", fmt::format("the firewall drops the last advert of vrrpd's guard to {} ({})", destinations, answer.rule),
                           "the adverts themselves pass it by as frames, but if vrrpd dies the peer learns it only by silence, after "
                           "Active_Down_Interval instead of a millisecond",
                           fix);
  }
}

void report_sync(const FirewallAnswer& sync, int port, Findings& findings) {
  if (sync.verdict != Firewall::drops) return;
  findings.fail("firewall", fmt::format("the firewall drops TCP port {} of syncd ({})", port, sync.rule),
                "the peer cannot connect: nothing is replicated if only it tries", fmt::format("{}   {}", sync.remedy, and_keep));
}

// What doctor cannot judge, once: the first of the rules is where to begin to look.
void report_unclear(const FirewallFacts& firewall, Findings& findings) {
  const auto advert = std::find_if(firewall.adverts.begin(), firewall.adverts.end(),
                                   [](const FirewallProbe& probe) { return probe.answer.verdict == Firewall::unclear; });
  const FirewallAnswer* unclear = advert != firewall.adverts.end() ? &advert->answer : &firewall.sync;
  if (unclear->verdict != Firewall::unclear) return;
  findings.warn("firewall", fmt::format("the firewall has rules that could drop adverts or replication, and that doctor cannot judge ({})", unclear->rule),
                "whether the peer is heard says the check \"adverts\"",
                fmt::format("nft list ruleset   (look for protocol 112 and the sync port; to be sure: {})", unclear->remedy));
}

bool all_pass(const FirewallFacts& firewall) {
  return !firewall.adverts.empty() && firewall.sync.verdict == Firewall::passes &&
         std::all_of(firewall.adverts.begin(), firewall.adverts.end(),
                     [](const FirewallProbe& probe) { return probe.answer.verdict == Firewall::passes; });
}

}  // namespace

void examine_firewall(const Facts& facts, Findings& findings) {
  const FirewallFacts& firewall = facts.firewall;
  const int port = facts.config.cluster->sync.port;
  for (const Obstacle& obstacle : obstacles(firewall)) report(obstacle, findings);
  report_sync(firewall.sync, port, findings);
  report_unclear(firewall, findings);
  if (all_pass(firewall)) findings.ok("firewall", fmt::format("the firewall lets VRRP pass, both ways, and TCP port {} in", port));
  if (firewall.legacy_rules) {
    findings.warn("firewall", "there are rules of the old iptables, which could not be read",
                  "they could drop adverts or replication", "iptables-legacy -S; ip6tables-legacy -S   (protocol 112 and the sync port must pass)");
  }
}

}  // namespace tandem::ctl
