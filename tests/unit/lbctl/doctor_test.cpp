// Facts in, findings out: one row for each trap, and silence about a good pair.
#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "lbctl/doctor/advert_packets.hpp"
#include "lbctl/doctor/findings.hpp"
#include "lbctl/doctor/identity.hpp"

using namespace tandem;
using namespace tandem::ctl;

namespace {

config::Config pair_config() {
  return config::load(R"({ "version": 1, "cluster": { "name": "c", "nodes": [
    { "name": "lb1", "address": "192.0.2.11", "sync_address": "198.51.100.1" },
    { "name": "lb2", "address": "192.0.2.12", "sync_address": "198.51.100.2" } ] },
    "virtual_addresses": [ { "name": "vip-a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 51,
                             "preferred_node": "lb1" } ] })",
                      "t")
      .config;
}

InterfaceFacts good_interface(const std::string& name, bool carries_vip) {
  InterfaceFacts facts;
  facts.name = name;
  facts.carries_vip = carries_vip;
  facts.exists = facts.up = true;
  facts.mtu = 1500;
  facts.rp_filter = 0;
  facts.arp_ignore = carries_vip ? 1 : 0;
  return facts;
}

// lb2 of a healthy pair: backup for vip-a.
Facts good() {
  Facts facts;
  facts.root = true;
  facts.config_file = "/etc/tandem/tandem.json";
  facts.config_exists = true;
  facts.config = pair_config();
  facts.self = facts.host = "lb2";
  facts.own_version = "1.2.3";
  facts.own_addresses = {*IpAddress::parse("192.0.2.12"), *IpAddress::parse("198.51.100.2")};
  facts.interfaces = {good_interface("eth0", true), good_interface("sync0", false)};
  for (const char* name : {"lbd", "vrrpd", "syncd"}) {
    DaemonFacts& daemon = facts.daemons[name];
    daemon.running = true;
    daemon.version = "1.2.3";
    daemon.node = "lb2";
  }
  facts.daemons["lbd"].open_files = 1'048'576;
  VipFacts vip;
  vip.name = "vip-a";
  vip.interface = "eth0";
  vip.addresses = {*Prefix::parse("192.0.2.100/24")};
  vip.state = "backup";
  vip.owner = vip.preferred = "lb1";
  vip.last_advert_ms = 60;
  vip.peer_priority = 253;
  vip.adverts_received = 100;
  vip.dropped = {{"checksum", 0}};
  vip.probed = true;
  vip.sample = AdvertSample{.sent = 0, .received = 4, .refused = 0};
  facts.vips = {vip};
  facts.witnesses = {{"192.0.2.1", true}, {"192.0.2.53:53", true}};
  facts.sync = {.connected = true, .in_sync = true, .in_sync_reason = {}, .path = "sync", .wrong_key_total = 0, .probe = {}};
  for (const ProbePacket& packet : advert_packets(facts)) facts.firewall.adverts.push_back({packet, {Firewall::passes, {}, {}}});
  facts.firewall.sync.verdict = Firewall::passes;
  facts.realtime = facts.memory_locked = true;
  facts.lan_ping = facts.small_ping = facts.full_ping = Answer::yes;
  facts.sync_mtu = 1500;
  facts.last_move_s = 3600;
  facts.identity = {.node = "lb2", .version = "1.2.3", .config_digest = "aa", .key_fingerprint = "bb", .vips = {{"vip-a", "backup"}},
                    .adverts = {{"vip-a", *vip.sample}}};
  facts.peer_identity = Identity{.node = "lb1", .version = "1.2.3", .config_digest = "aa", .key_fingerprint = "bb", .vips = {{"vip-a", "active"}},
                                 .adverts = {{"vip-a", {.sent = 4, .received = 0, .refused = 0}}}};
  return facts;
}

constexpr const char* virtual_mac = "00:00:5e:00:01:33";

void with_virtual_mac(Facts& facts) {
  facts.vips[0].virtual_mac = virtual_mac;
  facts.vips[0].virtual_mac_in_force = true;
}

void drop_adverts(Facts& facts, Way way) {
  for (FirewallProbe& probe : facts.firewall.adverts) {
    if (probe.packet.way == way) probe.answer = {Firewall::drops, "the rule", "let it pass"};
  }
}

struct Row {
  const char* trap;
  std::function<void(Facts&)> set;
  Verdict verdict;
  const char* check;
  const char* words;  // in what, why or fix
};

}  // namespace

TEST_CASE("doctor has nothing to say against a good pair") {
  for (const Finding& finding : examine(good())) {
    CAPTURE(finding.what);
    CHECK(finding.verdict == Verdict::ok);
    CHECK(finding.fix.empty());
  }
}

TEST_CASE("every trap is found, explained and has a fix") {
  const std::vector<Row> rows = {
      {"no file", [](Facts& f) { f.config_exists = false; }, Verdict::fail, "config", "lbctl init"},
      {"mistakes", [](Facts& f) { f.mistakes = {{"t", 3, 4, "x", "unknown key", ""}}; }, Verdict::fail, "config", "t:3:4"},
      {"no cluster", [](Facts& f) { f.config.cluster.reset(); }, Verdict::warn, "config", "lbd runs alone"},
      {"no key", [](Facts& f) { f.key_problem = "cannot be opened"; }, Verdict::fail, "key", "lbctl init --join"},
      {"open key", [](Facts& f) { f.key_warning = "open to others"; }, Verdict::fail, "key", "chmod 640"},
      {"strange host", [](Facts& f) { f.self.clear(); f.host = "web7"; }, Verdict::fail, "node", "called web7"},
      {"lbd dead", [](Facts& f) { f.daemons["lbd"].running = false; }, Verdict::fail, "daemons", "systemctl start tandem-lbd"},
      {"lbd refuses", [](Facts& f) { f.root = false; f.daemons["lbd"].running = false; f.daemons["lbd"].refused = true; },
       Verdict::warn, "daemons", "as root"},
      {"unreadable file", [](Facts& f) { f.root = false; f.config_exists = false; }, Verdict::warn, "config", "as root"},
      {"old daemon", [](Facts& f) { f.daemons["lbd"].version = "1.2.2"; }, Verdict::warn, "versions", "restart tandem-lbd"},
      {"not reloaded", [](Facts& f) { f.daemons["vrrpd"].config_outdated = true; }, Verdict::warn, "reload", "reload tandem-vrrpd"},
      {"rival", [](Facts& f) { f.rivals = {"keepalived"}; }, Verdict::warn, "rivals", "disable --now keepalived"},
      {"no own address", [](Facts& f) { f.own_addresses.clear(); }, Verdict::fail, "addresses", "192.0.2.12"},
      {"no interface", [](Facts& f) { f.interfaces[0].exists = false; }, Verdict::fail, "interface", "no interface eth0"},
      {"no carrier", [](Facts& f) { f.interfaces[0].up = false; }, Verdict::fail, "interface", "cable"},
      {"rp_filter", [](Facts& f) { f.interfaces[0].rp_filter = 1; }, Verdict::warn, "rp_filter", "rp_filter=2"},
      {"arp_ignore 0", [](Facts& f) { f.interfaces[0].arp_ignore = 0; }, Verdict::fail, "arp_ignore", "arp_ignore=1"},
      {"arp_announce", [](Facts& f) { f.interfaces[0].arp_announce = 0; }, Verdict::fail, "arp_announce", "arp_announce=2"},
      {"IPv6 duplicate", [](Facts& f) { f.duplicates = {{"eth0", *IpAddress::parse("2001:db8::12")}}; }, Verdict::fail, "duplicate",
       "2001:db8::12"},
      {"floating IPv6 duplicate", [](Facts& f) {
         f.vips[0].addresses = {*Prefix::parse("2001:db8::100/64")};
         f.duplicates = {{"eth0", *IpAddress::parse("2001:db8::100")}};
       }, Verdict::fail, "duplicate", "clients reach the other host"},
      {"virtual MAC on radio", [](Facts& f) { f.vips[0].virtual_mac = virtual_mac; f.interfaces[0].wireless = true; }, Verdict::fail,
       "virtual_mac", "wireless"},
      {"no virtual MAC", [](Facts& f) { f.vips[0].virtual_mac = virtual_mac; f.vips[0].virtual_mac_problem = "no macvlan"; },
       Verdict::warn, "virtual_mac", "no macvlan"},
      {"virtual MAC spoiled", [](Facts& f) { with_virtual_mac(f); f.vips[0].virtual_mac_problem = "all.arp_filter is 1"; },
       Verdict::fail, "virtual_mac", "all.arp_filter is 1"},
      {"managed virtual MAC, networkd", [](Facts& f) { with_virtual_mac(f); f.vips[0].virtual_mac_manager = "systemd-networkd"; },
       Verdict::warn, "manager", "Unmanaged=yes"},
      {"managed virtual MAC, NetworkManager", [](Facts& f) { with_virtual_mac(f); f.vips[0].virtual_mac_manager = "NetworkManager"; },
       Verdict::warn, "manager", "unmanaged-devices"},
      {"virtual MAC filtered", [](Facts& f) { with_virtual_mac(f); f.vips[0].reached = Answer::no; f.lan_ping = Answer::yes; },
       Verdict::fail, "virtual_mac", "forged transmits"},
      {"virtual MAC in VMware", [](Facts& f) { with_virtual_mac(f); f.vips[0].state = "active"; f.vips[0].owner = "lb2";
         f.vips[0].last_advert_ms.reset(); f.hypervisor = "VMware"; }, Verdict::warn, "virtual_mac", "VMware"},
      {"virtual MAC in KVM", [](Facts& f) { with_virtual_mac(f); f.hypervisor = "KVM"; }, Verdict::warn, "virtual_mac",
       "ip-address=ADDRESS,mac-address=00:00:5e:00:01:33"},
      {"arp_ignore 8", [](Facts& f) { f.interfaces[0].arp_ignore = 8; }, Verdict::fail, "arp_ignore", "nobody reaches"},
      {"snooping", [](Facts& f) {
         f.interfaces[0].bridge = "br0";
         f.interfaces[0].snooping = true;
         f.vips[0].addresses = {*Prefix::parse("2001:db8::100/64")};
       }, Verdict::warn, "multicast", "mcast_snooping 0"},
      {"networkd", [](Facts& f) { f.interfaces[0].manager = {"systemd-networkd", false}; }, Verdict::warn, "manager", "KeepConfiguration"},
      {"NetworkManager", [](Facts& f) { f.interfaces[0].manager = {"NetworkManager", false}; }, Verdict::warn, "manager", "nmcli"},
      {"ifupdown2", [](Facts& f) { f.interfaces[0].manager = {"ifupdown2", false}; }, Verdict::warn, "manager", "address-purge no"},
      {"dhcpcd", [](Facts& f) { f.interfaces[0].manager = {"dhcpcd", false}; }, Verdict::warn, "manager", "denyinterfaces eth0"},
      {"managed virtual MAC, dhcpcd", [](Facts& f) { with_virtual_mac(f); f.vips[0].virtual_mac_manager = "dhcpcd"; },
       Verdict::warn, "manager", "denyinterfaces vr4.* vr6.*"},
      {"multicast filtered, by both counts", [](Facts& f) { f.vips[0].sample = AdvertSample{}; }, Verdict::fail, "multicast",
       "the peer sends adverts for vip-a to 224.0.0.18"},
      {"multicast filtered, by the peer's word", [](Facts& f) {
         f.peer_identity.reset();
         f.vips[0].sample = AdvertSample{};
         f.vips[0].held = true;
         f.vips[0].vote_reason = "peer_lives";
       }, Verdict::fail, "multicast", "IGMP querier"},
      {"multicast filtered on its way from here", [](Facts& f) {
         f.vips[0].state = "active";
         f.vips[0].owner = "lb2";
         f.vips[0].last_advert_ms.reset();
         f.vips[0].sample = AdvertSample{.sent = 4, .received = 0, .refused = 0};
         f.peer_identity->adverts["vip-a"] = AdvertSample{};
       }, Verdict::fail, "multicast", "this node sends adverts"},
      {"multicast filtered, IPv6", [](Facts& f) {
         f.vips[0].addresses = {*Prefix::parse("2001:db8::100/64")};
         f.vips[0].sample = AdvertSample{};
       }, Verdict::fail, "multicast", "static entry for ff02::12"},
      {"firewall, adverts", [](Facts& f) { drop_adverts(f, Way::in); }, Verdict::fail, "firewall", "the peer's adverts (VRRP, protocol 112) to 224.0.0.18 (the rule)"},
      {"firewall, own adverts", [](Facts& f) { drop_adverts(f, Way::frame); }, Verdict::fail, "firewall", "this node's own adverts"},
      {"firewall, own unicast adverts", [](Facts& f) {
         f.vips[0].unicast = true;
         f.firewall.adverts = {{advert_packets(f).back(), {Firewall::drops, "the rule", "let it pass"}}};
       }, Verdict::fail, "firewall", "own adverts (VRRP, protocol 112) to 192.0.2.11"},
      {"firewall, the guard's advert", [](Facts& f) { drop_adverts(f, Way::out); }, Verdict::warn, "firewall", "the last advert of vrrpd's guard"},
      {"firewall, what to do", [](Facts& f) { drop_adverts(f, Way::in); }, Verdict::fail, "firewall", "let it pass"},
      {"firewall, sync", [](Facts& f) { f.firewall.sync = {Firewall::drops, "the rule", "open it"}; }, Verdict::fail, "firewall", "5405"},
      {"firewall, sync, what to do", [](Facts& f) { f.firewall.sync = {Firewall::drops, "the rule", "open it"}; }, Verdict::fail, "firewall", "open it"},
      {"firewall, unclear", [](Facts& f) { f.firewall.adverts[0].answer.verdict = Firewall::unclear; }, Verdict::warn, "firewall", "nft list ruleset"},
      {"firewall, unclear for sync", [](Facts& f) { f.firewall.sync = {Firewall::unclear, "odd rule", "x"}; }, Verdict::warn, "firewall", "odd rule"},
      {"old iptables", [](Facts& f) { f.firewall.legacy_rules = true; }, Verdict::warn, "firewall", "iptables-legacy"},
      {"mtu", [](Facts& f) { f.full_ping = Answer::no; }, Verdict::fail, "mtu", "1500 bytes"},
      {"no adverts", [](Facts& f) { f.vips[0].last_advert_ms = 900; }, Verdict::fail, "adverts", "900 ms"},
      {"no adverts, IPv6", [](Facts& f) {
         f.vips[0].addresses = {*Prefix::parse("2001:db8::100/64")};
         f.vips[0].last_advert_ms = 900;
       }, Verdict::fail, "adverts", "let multicast ff02::12 and protocol 112 pass"},
      {"held by the peer's word", [](Facts& f) {
         f.vips[0].held = true;
         f.vips[0].vote_reason = "peer_lives";
         f.vips[0].vote_text = "lb1 says that it owns";
       }, Verdict::fail, "adverts", "lb1 says that it owns"},
      {"held by the witnesses", [](Facts& f) {
         f.vips[0].held = true;
         f.vips[0].vote_reason = "no_sight";
         f.vips[0].vote_remedy = "repair the cable";
       }, Verdict::fail, "vote", "repair the cable"},
      {"no witnesses", [](Facts& f) { f.witnesses.clear(); }, Verdict::warn, "witnesses", "DEFAULT-GATEWAY"},
      {"a silent witness", [](Facts& f) { f.witnesses[1].answers = false; }, Verdict::warn, "witnesses", "192.0.2.53:53 is silent"},
      {"silent witnesses", [](Facts& f) { f.witnesses[0].answers = f.witnesses[1].answers = false; }, Verdict::fail, "witnesses",
       "192.0.2.1, 192.0.2.53:53"},
      {"no adverts in a cloud", [](Facts& f) { f.vips[0].last_advert_ms.reset(); f.interfaces[0].driver = "vmxnet3"; },
       Verdict::fail, "adverts", "vmxnet3"},
      {"two owners", [](Facts& f) { f.vips[0].state = "active"; f.vips[0].owner = "lb2"; }, Verdict::fail, "owners", "advertises it as well"},
      {"alone and active", [](Facts& f) {
         f.vips[0].state = "active";
         f.vips[0].owner = "lb2";
         f.vips[0].last_advert_ms.reset();
         f.vips[0].adverts_received = 0;
         f.sync.connected = false;
       }, Verdict::warn, "adverts", "never heard"},
      {"both active, by the peer's word", [](Facts& f) {
         f.vips[0].state = "active";
         f.vips[0].last_advert_ms.reset();
       }, Verdict::fail, "owners", "active on both nodes"},
      {"peer answers, too", [](Facts& f) { f.vips[0].peer_answers = true; }, Verdict::fail, "owners", "although it is active here"},
      {"refused adverts", [](Facts& f) { f.vips[0].dropped["checksum"] = 3; }, Verdict::warn, "adverts", "3 checksum"},
      {"another key", [](Facts& f) { f.vips[0].dropped["wrong_hmac"] = 4; }, Verdict::warn, "adverts", "/etc/tandem/cluster.key"},
      {"another key, what to do", [](Facts& f) { f.vips[0].dropped["wrong_hmac"] = 4; }, Verdict::warn, "adverts", "lbctl init --join"},
      {"no proof", [](Facts& f) { f.vips[0].dropped["no_authentication"] = 5; }, Verdict::warn, "adverts", "\"authentication\""},
      {"duplicate", [](Facts& f) { f.vips[0].foreign_answers = {"02:00:00:00:00:01"}; }, Verdict::fail, "duplicate", "02:00:00:00:00:01"},
      {"conflicts", [](Facts& f) { f.vips[0].conflicts = 1; }, Verdict::warn, "owners", "1 time"},
      {"restored", [](Facts& f) { f.vips[0].restored = 2; }, Verdict::warn, "manager", "2 times"},
      {"may not take over", [](Facts& f) { f.vips[0].may_take_over = false; f.vips[0].may_take_over_reason = "lbd is not ready"; },
       Verdict::fail, "takeover", "lbd is not ready"},
      {"maintenance", [](Facts& f) {
         f.maintenance = "in maintenance since yesterday";
         f.vips[0].may_take_over = false;
       }, Verdict::warn, "maintenance", "lbctl maintenance off"},
      {"no owner", [](Facts& f) { f.vips[0].owner.clear(); }, Verdict::fail, "owners", "nobody"},
      {"wrong key seen", [](Facts& f) { f.sync.wrong_key_total = 4; }, Verdict::fail, "key", "4 times"},
      {"peer's syncd stopped", [](Facts& f) { f.sync.connected = false; f.sync.probe = "refused"; }, Verdict::fail, "sync",
       "on the peer: systemctl start tandem-syncd"},
      {"sync filtered", [](Facts& f) { f.sync.connected = false; f.sync.probe = "timed out"; }, Verdict::fail, "sync", "5405"},
      {"over the LAN", [](Facts& f) { f.sync.path = "lan"; }, Verdict::warn, "sync", "dedicated link is down"},
      {"not in sync", [](Facts& f) { f.sync.in_sync = false; f.sync.in_sync_reason = "exchanging"; }, Verdict::warn, "sync", "exchanging"},
      {"another file", [](Facts& f) { f.peer_identity->config_digest = "cc"; }, Verdict::fail, "peer", "lbctl init --join"},
      {"unread file", [](Facts& f) { f.peer_identity->config_digest.clear(); }, Verdict::warn, "peer", "could not be read"},
      {"another key", [](Facts& f) { f.peer_identity->key_fingerprint = "cc"; }, Verdict::fail, "key", "another cluster key"},
      {"another version", [](Facts& f) { f.peer_identity->version = "1.2.4"; }, Verdict::warn, "versions", "1.2.4"},
      {"one name", [](Facts& f) { f.peer_identity->node = "lb2"; }, Verdict::fail, "peer", "both hosts"},
      {"no real time", [](Facts& f) { f.realtime = false; }, Verdict::warn, "realtime", "no real-time priority"},
      {"no time for real time", [](Facts& f) { f.realtime = false; f.realtime_share_us = 0; }, Verdict::warn, "realtime",
       "sched_rt_runtime_us=950000"},
      {"no time for real time, any more", [](Facts& f) { f.realtime_share_us = 0; }, Verdict::warn, "realtime", "sched_rt_runtime_us=950000"},
      {"late adverts", [](Facts& f) { f.vips[0].late = 2; }, Verdict::warn, "lateness", "gave up vip-a 2 times"},
      {"slow timers", [](Facts& f) { f.vips[0].timers_counted = 100; f.vips[0].timers_p99_ms = 25.1; }, Verdict::warn, "lateness",
       "late by 25.1 ms and more, with adverts every 100 ms"},
      {"swappable", [](Facts& f) { f.memory_locked = false; }, Verdict::warn, "realtime", "swapped out"},
      {"no BPF", [](Facts& f) { f.bpf_refused = true; }, Verdict::warn, "bpf", "CAP_BPF"},
      {"no lease", [](Facts& f) { f.vips[0].lease_problem = "Operation not permitted"; }, Verdict::warn, "lease", "not permitted"},
      {"few files", [](Facts& f) { f.daemons["lbd"].open_files = 1024; }, Verdict::warn, "limits", "1024 files"},
      {"few files for the limit", [](Facts& f) { f.config.limits.max_connections = 600'000; }, Verdict::warn, "limits", "LimitNOFILE"},
      {"clock", [](Facts& f) { f.clock_synchronised = false; }, Verdict::warn, "clock", "chrony"},
      {"no drill", [](Facts& f) { f.last_move_s.reset(); f.vrrpd_uptime_s = 1'000'000; }, Verdict::warn, "drill", "lbctl failover vip-a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.trap);
    Facts facts = good();
    row.set(facts);
    bool found = false;
    for (const Finding& finding : examine(facts)) {
      if (finding.verdict == Verdict::ok) continue;
      CHECK_FALSE(finding.why.empty());
      CHECK_FALSE(finding.fix.empty());
      const std::string all = finding.what + finding.why + finding.fix;
      found = found || (finding.verdict == row.verdict && finding.check == row.check && all.find(row.words) != std::string::npos);
    }
    CHECK(found);
  }
}

TEST_CASE("what is right in its place is not a trap") {
  const auto silent = [](const std::function<void(Facts&)>& set) {
    Facts facts = good();
    set(facts);
    return worst(examine(facts)) == Verdict::ok;
  };
  CHECK(silent([](Facts& f) { f.interfaces[1].arp_ignore = 0; }));
  CHECK(silent([](Facts& f) { f.interfaces[0].manager = {"systemd-networkd", true}; }));
  CHECK(silent([](Facts& f) { f.vips[0].sample.reset(); }));
  CHECK(silent([](Facts& f) { f.vips[0].sample = AdvertSample{}; f.lan_ping = Answer::no; }));        // nothing passes
  CHECK(silent([](Facts& f) { f.vips[0].sample = AdvertSample{}; f.vips[0].unicast = true; }));
  CHECK(silent([](Facts& f) { f.vips[0].sample->received = 0; f.vips[0].sample->refused = 4; }));     // they arrive
  CHECK(silent([](Facts& f) { f.vips[0].sample = AdvertSample{}; f.peer_identity->adverts.clear(); }));
  CHECK(silent([](Facts& f) { f.interfaces[0].bridge = "br0"; f.interfaces[0].snooping = true; }));
  CHECK(silent([](Facts& f) { with_virtual_mac(f); f.hypervisor = "KVM"; f.vips[0].reached = Answer::yes; }));
  CHECK(silent([](Facts& f) { with_virtual_mac(f); f.hypervisor = "VMware"; f.vips[0].reached = Answer::yes; }));
  CHECK(silent([](Facts& f) { with_virtual_mac(f); f.vips[0].reached = f.lan_ping = Answer::no; }));  // nothing is pinged here
  CHECK(silent([](Facts& f) { f.hypervisor = "VMware"; f.interfaces[0].wireless = true; }));          // without a virtual MAC
  CHECK(silent([](Facts& f) { f.interfaces[0].arp_announce = 2; f.realtime_share_us = 950'000; }));
  CHECK(silent([](Facts& f) { f.vips[0].timers_counted = 100; f.vips[0].timers_p99_ms = 25; }));
  CHECK(silent([](Facts& f) { f.vips[0].timers_counted = 99; f.vips[0].timers_p99_ms = 400; }));
  CHECK(silent([](Facts& f) { f.vrrpd_uptime_s = 60; f.last_move_s.reset(); }));
  CHECK(silent([](Facts& f) { f.peer_identity.reset(); }));
  CHECK(silent([](Facts& f) { f.witnesses[0].answers.reset(); }));
  CHECK(silent([](Facts& f) { f.small_ping = f.full_ping = Answer::no; }));
  CHECK(silent([](Facts& f) { f.root = false; f.key_problem = "Permission denied"; }));
}

TEST_CASE("every kind of advert in use is tried with the firewall, once") {
  struct Seen {
    Way way;
    std::string source, destination;
    bool operator==(const Seen&) const = default;
  };
  const auto packets = [](const Facts& facts) {
    std::vector<Seen> seen;
    for (const ProbePacket& packet : advert_packets(facts)) {
      CHECK(packet.protocol == 112);
      CHECK(packet.interface == "eth0");
      seen.push_back({packet.way, packet.source.to_string(), packet.destination.to_string()});
    }
    return seen;
  };
  Facts facts = good();
  const std::vector<Seen> v4 = {{Way::in, "192.0.2.11", "224.0.0.18"}, {Way::frame, "192.0.2.12", "224.0.0.18"},
                                {Way::out, "192.0.2.12", "224.0.0.18"}};
  CHECK(packets(facts) == v4);
  facts.vips.push_back(facts.vips[0]);
  CHECK(packets(facts) == v4);
  facts.vips[1].unicast = true;
  facts.vips.push_back(facts.vips[0]);
  facts.vips[2].addresses = {*Prefix::parse("2001:db8::100/64")};
  facts.interfaces[0].addresses = {*IpAddress::parse("192.0.2.12"), *IpAddress::parse("fe80::12")};
  std::vector<Seen> all = v4;
  all.push_back({Way::in, "192.0.2.11", "192.0.2.12"});
  all.push_back({Way::out, "192.0.2.12", "192.0.2.11"});
  all.push_back({Way::in, "fe80::2", "ff02::12"});
  all.push_back({Way::frame, "fe80::12", "ff02::12"});
  all.push_back({Way::out, "fe80::12", "ff02::12"});
  CHECK(packets(facts) == all);
}

TEST_CASE("one rule before two groups is reported once") {
  Facts facts = good();
  facts.vips.push_back(facts.vips[0]);
  facts.vips[1].addresses = {*Prefix::parse("2001:db8::100/64")};
  facts.firewall.adverts.clear();
  for (const ProbePacket& packet : advert_packets(facts)) facts.firewall.adverts.push_back({packet, {Firewall::passes, {}, {}}});
  drop_adverts(facts, Way::in);
  Findings findings;
  examine_firewall(facts, findings);
  REQUIRE(findings.list.size() == 1);
  CHECK(findings.list[0].what.find("to 224.0.0.18 and ff02::12 (the rule)") != std::string::npos);
}

TEST_CASE("an identity survives its JSON; anything else is refused") {
  const Identity identity = *good().peer_identity;
  const nlohmann::ordered_json report = {{"identity", identity_json(identity)}};
  const auto parsed = parse_identity(report.dump());
  REQUIRE(parsed);
  CHECK(parsed->node == "lb1");
  CHECK(parsed->config_digest == "aa");
  CHECK(parsed->vips == identity.vips);
  CHECK(parsed->adverts == identity.adverts);
  for (const char* text : {"", "{}", "[]", "ssh: connect refused", R"({"identity": 1})"}) CHECK_FALSE(parse_identity(text));
}
