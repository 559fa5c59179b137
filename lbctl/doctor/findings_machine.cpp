#include <fmt/format.h>

#include <algorithm>

#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

constexpr std::uint64_t least_open_files = 16'384;
constexpr double tolerated_lateness = 0.25;  // of the advert interval; a peer waits for three and Skew_Time
constexpr std::int64_t drill_after_s = std::int64_t{90} * 24 * 3600;

void examine_realtime(const Facts& facts, Findings& findings) {
  const auto vrrpd = facts.daemons.find("vrrpd");
  if (vrrpd == facts.daemons.end() || !vrrpd->second.running) return;
  // It counts also for a vrrpd that has its priority already.
  if (facts.realtime_share_us == 0) {
    return findings.warn("realtime", "the kernel gives no time to real-time programs (kernel.sched_rt_runtime_us is 0)",
                         "on a busy host vrrpd's adverts are late, and the peer takes the addresses for no reason",
                         "sysctl -w kernel.sched_rt_runtime_us=950000   (and in /etc/sysctl.d), then systemctl restart tandem-vrrpd");
  }
  if (facts.realtime && facts.memory_locked) return findings.ok("realtime", "vrrpd runs in real time with locked memory");
  findings.warn("realtime", fmt::format("vrrpd has {}{}{}", facts.realtime ? "" : "no real-time priority",
                                        !facts.realtime && !facts.memory_locked ? " and " : "",
                                        facts.memory_locked ? "" : "memory that may be swapped out"),
                "on a busy host its adverts are late, and the peer takes the addresses for no reason",
                "start it by systemd (tandem-vrrpd.service), or give it CAP_SYS_NICE and CAP_IPC_LOCK");
}

// Of few timers the 99th percentile is the worst one.
bool is_slow(const VipFacts& vip) {
  constexpr std::int64_t enough = 100;
  return vip.timers_counted >= enough && vip.timers_p99_ms > tolerated_lateness * static_cast<double>(vip.interval_ms);
}

void examine_lateness(const Facts& facts, Findings& findings) {
  for (const VipFacts& vip : facts.vips) {
    if (vip.late > 0) {
      findings.warn("lateness", fmt::format("vrrpd gave up {} {} time{}, because its own adverts were late", vip.name, vip.late, vip.late == 1 ? "" : "s"),
                    "a host that stands still is taken for dead: each time the address moved for no other reason",
                    fmt::format("lbctl events   (when?), then what stopped the host: journalctl -k, steal time in vmstat, snapshots and "
                                "migrations of the hypervisor; if it stays, a longer \"advert_interval\" of {} on both nodes", vip.name));
    } else if (is_slow(vip)) {
      findings.warn("lateness", fmt::format("of 100 timers of {} one is late by {} ms and more, with adverts every {} ms", vip.name,
                                            vip.timers_p99_ms, vip.interval_ms),
                    "it takes little more until the peer misses three adverts, and takes the address for no reason",
                    fmt::format("lbctl vrrp   (all of \"lateness\"), then give vrrpd real time (check \"realtime\") and the host its cores (steal "
                                "time in vmstat); or a longer \"advert_interval\" of {} on both nodes", vip.name));
    }
  }
}

void examine_limits(const Facts& facts, Findings& findings) {
  const auto lbd = facts.daemons.find("lbd");
  if (lbd == facts.daemons.end() || !lbd->second.open_files) return;
  // Every proxied connection has two ends.
  const std::uint64_t wanted =
      std::max<std::uint64_t>(least_open_files, 2 * std::uint64_t{facts.config.limits.max_connections} + 1024);
  if (*lbd->second.open_files < wanted) {
    return findings.warn("limits", fmt::format("lbd may open {} files, which is fewer than {}", *lbd->second.open_files, wanted),
                         "it refuses clients with 503 when they are used up",
                         "systemctl edit tandem-lbd   ([Service] LimitNOFILE=1048576), then systemctl restart tandem-lbd");
  }
  findings.ok("limits", fmt::format("lbd may open {} files", *lbd->second.open_files));
}

void examine_drill(const Facts& facts, Findings& findings) {
  const auto vrrpd = facts.daemons.find("vrrpd");
  if (vrrpd == facts.daemons.end() || !vrrpd->second.running || facts.vips.empty()) return;
  constexpr std::int64_t day = 24 * 3600;
  if (facts.last_move_s && *facts.last_move_s < drill_after_s) {
    return findings.ok("drill", fmt::format("an address was last moved {} days ago", *facts.last_move_s / day));
  }
  if (facts.vrrpd_uptime_s < day) return findings.ok("drill", "vrrpd runs for less than a day");
  findings.warn("drill", "no address has moved in the memory of vrrpd",
                "a failover that was never tried works only perhaps",
                fmt::format("lbctl failover {}   (open connections survive it)", facts.vips.front().name));
}

}  // namespace

void examine_machine(const Facts& facts, Findings& findings) {
  if (!facts.maintenance.empty()) {
    findings.warn("maintenance", "this node is " + facts.maintenance,
                  "if the peer dies now, the addresses are gone: this node does not take them over",
                  "lbctl maintenance off   (when the work is done)");
  }
  examine_realtime(facts, findings);
  examine_lateness(facts, findings);
  if (facts.bpf_refused) {
    findings.warn("bpf", "the kernel refuses the BPF program that passes on open connections",
                  "a planned move resets the connections that are open then; failovers work as they should",
                  "give vrrpd CAP_BPF and CAP_NET_ADMIN (tandem-vrrpd.service does), and use a kernel of at least 5.8");
  }
  for (const VipFacts& vip : facts.vips) {
    if (vip.lease_problem.empty()) continue;
    findings.warn("lease", fmt::format("the kernel does not silence this node for {} if vrrpd freezes: {}", vip.name, vip.lease_problem),
                  "a frozen host that wakes up answers beside its successor for a moment",
                  "give vrrpd CAP_BPF and CAP_NET_ADMIN (tandem-vrrpd.service does), and use a kernel of at least 5.8");
  }
  examine_limits(facts, findings);
  if (facts.clock_synchronised) {
    findings.ok("clock", "the clock is synchronised");
  } else {
    findings.warn("clock", "the clock is not synchronised", "the logs of the two nodes cannot be laid side by side, and "
                  "certificates may seem invalid", "apt install chrony   (or: timedatectl set-ntp true)");
  }
  examine_drill(facts, findings);
}

}  // namespace tandem::ctl
