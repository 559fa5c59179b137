// What `lbctl doctor` knows before it judges: values only, gathered in collect.hpp, judged in findings.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "common/config/load.hpp"
#include "lbctl/doctor/host_tables.hpp"
#include "lbctl/doctor/network_manager.hpp"

namespace tandem::ctl {

/// A network interface that the configuration uses.
struct InterfaceFacts {
  std::string name;
  bool carries_vip = false;  // floating addresses live here
  bool exists = false;
  bool up = false;  // with carrier
  int mtu = 0;
  std::vector<IpAddress> addresses;
  // Effective sysctls: the larger of "all" and the interface's own. nullopt: cannot be read.
  std::optional<int> rp_filter;
  std::optional<int> arp_ignore;
  std::optional<int> arp_announce;
  bool wireless = false;
  std::string bridge;  // the bridge that it is, or is a port of; empty: none
  bool snooping = false;
  bool querier = false;
  std::string driver;   // "vmxnet3"; empty for virtual interfaces
  NetworkManager manager;
};

struct DaemonFacts {
  bool running = false;
  bool refused = false;  // it may run, but does not speak to us
  std::string why_not;   // if it is not
  std::string version;
  std::string node;
  bool config_outdated = false;  // the file was changed after it was loaded
  std::optional<std::uint64_t> open_files;  // its limit
};

enum class Answer : std::uint8_t { not_asked, yes, no };

/// What vrrpd counted of one address while it was watched, for three advert intervals at least.
struct AdvertSample {
  std::int64_t sent = 0;      // by an owner
  std::int64_t received = 0;  // valid ones
  std::int64_t refused = 0;
  bool operator==(const AdvertSample&) const = default;
};

/// A floating address, as vrrpd sees it and as probes found it.
struct VipFacts {
  std::string name;
  std::string interface;
  std::vector<Prefix> addresses;
  std::string state;  // "active", "backup", "initialize"; empty: vrrpd does not say
  std::string owner;  // node; empty: unknown
  std::string preferred;
  bool may_take_over = true;
  std::string may_take_over_reason;
  std::int64_t interval_ms = 100;
  std::optional<std::int64_t> last_advert_ms;  // since the peer's last advert
  std::int64_t peer_priority = 0;
  std::int64_t adverts_sent = 0;
  std::int64_t adverts_received = 0;
  std::map<std::string, std::int64_t> dropped;  // adverts, by reason
  std::optional<AdvertSample> sample;  // nullopt: not watched that long, or its state changed meanwhile
  std::int64_t late = 0;            // times that vrrpd gave it up because its own adverts were late
  std::int64_t timers_counted = 0;  // of the state machine, since vrrpd runs
  double timers_p99_ms = 0;         // of 100 timers 99 were not later than this
  std::int64_t conflicts = 0;
  std::int64_t restored = 0;
  bool unicast = false;
  bool foreign = false;       // the other router is none of ours
  bool held = false;          // only the vote keeps this node from taking over
  std::string vote_reason;    // "peer_lives", "no_sight", …
  std::string vote_text;      // the same as a sentence
  std::string vote_remedy;    // what to do about it, if `held`
  std::string lease_problem;  // why the kernel does not silence a frozen vrrpd; empty: it does
  std::vector<std::string> foreign_answers;  // MACs that answered an ARP probe and are neither ours nor the peer's
  bool peer_answers = false;  // the peer answers for it although this node is active
  bool probed = false;
  std::string virtual_mac;          // "00:00:5e:00:01:33"; empty: none is configured
  bool virtual_mac_in_force = false;
  std::string virtual_mac_device;   // that carries it, if it is in force
  std::string virtual_mac_manager;  // who manages that device besides vrrpd, as NetworkManager::name
  std::string virtual_mac_problem;  // what vrrpd has to say against it
  Answer reached = Answer::not_asked;  // of the peer, who owns it: a ping to the virtual MAC address
};

struct WitnessFacts {
  std::string witness;
  std::optional<bool> answers;  // nullopt: it has not had the time
};

struct SyncFacts {
  bool connected = false;
  bool in_sync = false;
  std::string in_sync_reason;
  std::string path;  // "sync" or "lan"
  std::int64_t wrong_key_total = 0;
  std::string probe;  // of the peer's port, if not connected: "connected", "refused", "timed out", …
};

/// What must be equal on both nodes, or is worth comparing.
struct Identity {
  std::string node;
  std::string version;
  std::string config_digest;    // of the file's bytes; empty: none could be read
  std::string key_fingerprint;  // derived, so that it gives nothing away; empty: none could be read
  std::map<std::string, std::string> vips;  // name: state
  std::map<std::string, AdvertSample> adverts;  // of those that were watched
};

/// How a packet passes this host: received, sent through the kernel's IP, or sent as a whole frame, which no chain sees
/// but those of the device.
enum class Way : std::uint8_t { in, out, frame };

/// A packet between the nodes, the first of its connection.
struct ProbePacket {
  Way way = Way::in;
  std::string interface;  // by which it arrives or leaves
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;  // 112: VRRP, 6: TCP
  std::uint16_t port = 0;     // destination, of TCP
};

enum class Firewall : std::uint8_t { unknown, passes, drops, unclear };

struct FirewallAnswer {
  Firewall verdict = Firewall::unknown;
  std::string rule;    // "policy of the chain inet filter input", "inet filter input, handle 7"; empty if it passes
  std::string remedy;  // a command that lets it pass there; empty if it passes
};

/// A packet, and what becomes of it.
struct FirewallProbe {
  ProbePacket packet;
  FirewallAnswer answer;
};

struct FirewallFacts {
  std::vector<FirewallProbe> adverts;  // one of each kind in use; empty: not asked
  FirewallAnswer sync;                 // TCP from the peer to syncd
  bool legacy_rules = false;           // there are some of the old iptables, and they could not be read
};

struct Facts {
  bool root = false;
  std::string config_file;
  bool config_exists = false;
  std::vector<config::Diagnostic> mistakes;
  config::Config config;  // meaningful if there are no mistakes
  std::string self;       // the node that this host is; empty: neither
  std::string host;
  std::string key_problem;  // empty: the key is good
  std::string key_warning;
  std::vector<InterfaceFacts> interfaces;
  std::vector<IpAddress> own_addresses;
  std::vector<RefusedAddress> duplicates;  // of all interfaces
  std::string hypervisor;                  // under which this host runs: "VMware"; empty: none
  std::map<std::string, DaemonFacts> daemons;
  std::string own_version;
  std::vector<VipFacts> vips;
  std::vector<WitnessFacts> witnesses;  // that vrrpd asks
  SyncFacts sync;
  FirewallFacts firewall;
  bool realtime = false;       // vrrpd has SCHED_FIFO
  std::optional<int> realtime_share_us;  // of a second that real-time programs may have (kernel.sched_rt_runtime_us)
  bool memory_locked = false;  // and its memory is locked
  std::string maintenance;     // "in maintenance since …"; empty: this node is in service
  bool bpf_refused = false;    // the kernel has no BPF for the relay, or vrrpd may not use it
  bool clock_synchronised = true;
  Answer lan_ping = Answer::not_asked;    // to the peer's address on the LAN
  Answer small_ping = Answer::not_asked;  // to the peer's sync address
  Answer full_ping = Answer::not_asked;   // the same, as large as the interface allows, unfragmented
  int sync_mtu = 0;
  std::vector<std::string> rivals;  // other programs that own floating addresses and run here
  std::optional<std::int64_t> last_move_s;  // since an address was last moved on purpose or by a failure
  std::int64_t vrrpd_uptime_s = 0;
  Identity identity;
  std::optional<Identity> peer_identity;
};

}  // namespace tandem::ctl
