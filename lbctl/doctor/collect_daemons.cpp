#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <thread>

#include "common/io/clock.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/doctor/collect.hpp"
#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration patience = std::chrono::seconds(2);
constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t now_ns() { return io::now().time_since_epoch().count(); }

// Whether the file is younger than what was loaded at `loaded_ns`. A second of slack: clocks are two.
bool changed_since(const std::string& file, std::int64_t loaded_ns) {
  struct stat status {};
  if (loaded_ns == 0 || ::stat(file.c_str(), &status) != 0) return false;
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t loaded_wall = wall.count() - (now_ns() - loaded_ns);
  const std::int64_t written = status.st_mtim.tv_sec * second_ns + status.st_mtim.tv_nsec;
  return written > loaded_wall + second_ns;
}

std::optional<std::uint64_t> open_files_limit(std::int64_t pid) {
  std::ifstream limits(fmt::format("/proc/{}/limits", pid));
  std::string line;
  while (std::getline(limits, line)) {
    if (!line.starts_with("Max open files")) continue;
    std::istringstream fields(line.substr(std::string_view("Max open files").size()));
    std::uint64_t soft = 0;
    if (fields >> soft) return soft;
  }
  return std::nullopt;
}

// CAP_BPF, or CAP_SYS_ADMIN, which includes it; and a kernel that has BPF at all.
bool may_use_bpf(std::int64_t pid) {
  constexpr unsigned cap_sys_admin = 21;
  constexpr unsigned cap_bpf = 39;
  if (!first_line("/proc/sys/kernel/unprivileged_bpf_disabled")) return false;
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  std::string line;
  while (std::getline(status, line)) {
    if (!line.starts_with("CapEff:")) continue;
    const std::uint64_t held = std::strtoull(line.substr(7).c_str(), nullptr, 16);
    return (held >> cap_bpf & 1U) != 0 || (held >> cap_sys_admin & 1U) != 0;
  }
  return true;  // not seen: no reason to worry anybody
}

VipFacts vip_from(const Json& address) {
  VipFacts vip;
  vip.name = text_field(address, "name");
  vip.interface = text_field(address, "interface");
  for (const Json& text : elements(address, "addresses")) {
    if (const auto prefix = Prefix::parse(text.is_string() ? text.get<std::string>() : "")) vip.addresses.push_back(*prefix);
  }
  vip.state = text_field(address, "state", "");
  vip.owner = text_field(address, "owner", "");
  vip.preferred = text_field(address, "preferred_node", "");
  vip.may_take_over = bool_field(address, "may_take_over", true);
  vip.may_take_over_reason = text_field(address, "may_take_over_reason", "");
  vip.interval_ms = number_field(address, "advert_interval_ms", 100);
  if (member(address, "peer_last_advert_ms").is_number()) vip.last_advert_ms = number_field(address, "peer_last_advert_ms");
  vip.peer_priority = number_field(address, "peer_priority");
  vip.adverts_sent = number_field(address, "adverts_sent");
  vip.adverts_received = number_field(address, "adverts_received");
  const Json& dropped = member(address, "adverts_dropped");
  if (dropped.is_object()) {
    for (const auto& [reason, count] : dropped.items()) vip.dropped[reason] = number_field(dropped, reason);
  }
  const Json& lease = member(address, "lease");
  if (lease.is_object() && !bool_field(lease, "enforced")) vip.lease_problem = text_field(lease, "reason", "unknown reason");
  const Json& vote = member(address, "vote");
  vip.held = bool_field(vote, "held");
  vip.vote_reason = text_field(vote, "reason", "");
  vip.vote_text = text_field(vote, "text", "");
  vip.vote_remedy = text_field(vote, "remedy", "");
  if (const Json& mac = member(address, "virtual_mac"); mac.is_object()) {
    vip.virtual_mac = text_field(mac, "address", "");
    vip.virtual_mac_in_force = bool_field(mac, "in_force");
    vip.virtual_mac_device = text_field(mac, "device", "");
    vip.virtual_mac_problem = text_field(mac, "problem", "");
  }
  vip.late = number_field(address, "late_total");
  const Json& lateness = member(address, "lateness");
  vip.timers_counted = number_field(lateness, "count");
  if (const Json& p99 = member(lateness, "p99_ms"); p99.is_number()) vip.timers_p99_ms = p99.get<double>();
  vip.conflicts = number_field(address, "conflicts");
  vip.restored = number_field(address, "addresses_restored");
  return vip;
}

// The newest change of an owner that was not a start of vrrpd.
std::optional<std::int64_t> last_move_s(const Json& events) {
  std::optional<std::int64_t> newest;
  for (const Json& event : elements(events, "events")) {
    const std::string what = text_field(event, "event", "");
    if ((what != "active" && what != "backup") || text_field(event, "reason", "") == "startup") continue;
    const std::int64_t age = (now_ns() - number_field(event, "time_ns")) / second_ns;
    if (!newest || age < *newest) newest = age;
  }
  return newest;
}

// Both nodes are active, or an owner is silent, for a moment whenever an address moves.
bool may_be_moving(const VipFacts& vip) {
  const bool two = vip.state == "active" && vip.last_advert_ms && *vip.last_advert_ms < 3 * vip.interval_ms;
  const bool silent = vip.state == "backup" && (!vip.last_advert_ms || *vip.last_advert_ms > 4 * vip.interval_ms);
  return two || silent || vip.owner.empty();
}

std::int64_t all_refused(const VipFacts& vip) {
  return std::accumulate(vip.dropped.begin(), vip.dropped.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& one) { return sum + one.second; });
}

std::optional<AdvertSample> sample_of(const VipFacts& before, const VipFacts& after) {
  if (before.name != after.name || before.state != after.state) return std::nullopt;
  // What a former owner repeats once a second while it cares for its connections is priority 0, too seldom to count on.
  return AdvertSample{.sent = after.state == "active" ? after.adverts_sent - before.adverts_sent : 0,
                      .received = after.adverts_received - before.adverts_received,
                      .refused = all_refused(after) - all_refused(before)};
}

// The addresses, watched for some intervals, longer if they may be moving just now.
std::vector<VipFacts> watched_vips(const Invocation& invocation, const Json& first) {
  constexpr std::int64_t longest_ms = 3000;
  constexpr std::int64_t watched = 4;  // intervals, so that three adverts are in them
  constexpr std::int64_t settled = 10;
  const auto read = [](const Json& status) {
    std::vector<VipFacts> vips;
    for (const Json& address : elements(status, "virtual_addresses")) vips.push_back(vip_from(address));
    return vips;
  };
  const std::vector<VipFacts> before = read(first);
  std::int64_t wait_ms = 0;
  for (const VipFacts& vip : before) wait_ms = std::max(wait_ms, (may_be_moving(vip) ? settled : watched) * vip.interval_ms);
  wait_ms = std::min(wait_ms, longest_ms);
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  Reply reply = call(invocation, "vrrpd", "GET", "/v1/status", {}, patience);
  if (!reply.ok()) return before;
  std::vector<VipFacts> after = read(parse_object(reply));
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (3 * after[i].interval_ms < wait_ms) after[i].sample = sample_of(before[i], after[i]);
  }
  return after;
}

void read_vrrpd(const Invocation& invocation, const Json& status, Facts& facts) {
  facts.vips = watched_vips(invocation, status);
  for (const Json& witness : elements(status, "witnesses")) {
    const Json& answers = member(witness, "answers");
    facts.witnesses.push_back({text_field(witness, "witness"),
                               answers.is_boolean() ? std::optional(answers.get<bool>()) : std::nullopt});
  }
  facts.realtime = bool_field(member(status, "realtime"), "fifo");
  facts.memory_locked = bool_field(member(status, "realtime"), "memory_locked");
  if (const Json& maintenance = member(status, "maintenance"); bool_field(maintenance, "on")) {
    facts.maintenance = maintenance_text(maintenance);
  }
  facts.bpf_refused = !may_use_bpf(number_field(status, "pid"));
  facts.vrrpd_uptime_s = (now_ns() - number_field(status, "started_ns")) / second_ns;
  Reply reply = call(invocation, "vrrpd", "GET", "/v1/events", {}, patience);
  if (reply.ok()) facts.last_move_s = last_move_s(parse_object(reply));
}

void read_syncd(const Json& status, Facts& facts) {
  const Json& peer = member(status, "peer");
  facts.sync = {.connected = bool_field(peer, "connected"),
                .in_sync = bool_field(status, "in_sync"),
                .in_sync_reason = text_field(status, "in_sync_reason", ""),
                .path = text_field(peer, "path", ""),
                .wrong_key_total = number_field(peer, "wrong_key_total"),
                .probe = {}};
}

// RFC 9568 section 7.3.
std::string virtual_mac(const config::VirtualAddressConfig& address) {
  const bool v4 = std::any_of(address.addresses.begin(), address.addresses.end(),
                              [](const Prefix& prefix) { return prefix.address.is_v4(); });
  return fmt::format("00:00:5e:00:{:02x}:{:02x}", v4 ? 1 : 2, address.vrid);
}

// Without vrrpd the configuration says which addresses there are.
void vips_from_config(Facts& facts) {
  for (const config::VirtualAddressConfig& address : facts.config.virtual_addresses) {
    VipFacts vip;
    vip.name = address.name;
    vip.interface = address.interface;
    vip.addresses = address.addresses;
    vip.preferred = address.preferred_node;
    facts.vips.push_back(std::move(vip));
  }
}

}  // namespace

void collect_daemons(const Invocation& invocation, Facts& facts) {
  for (const std::string_view name : daemon_names) {
    DaemonFacts& daemon = facts.daemons[std::string(name)];
    Reply reply = call(invocation, name, "GET", "/v1/status", {}, patience);
    const Json status = reply.ok() ? parse_object(reply) : Json();
    if (!reply.ok()) {
      daemon.why_not = reply.error;
      daemon.refused = !reply.not_running;
      continue;
    }
    daemon.running = true;
    daemon.version = text_field(status, "version");
    daemon.node = text_field(status, "node");
    facts.self = daemon.node;
    const Json& loaded = member(status, "config");
    const std::string file = text_field(loaded, "file", facts.config_file);
    daemon.config_outdated = changed_since(file, number_field(loaded, "loaded_ns"));
    if (name == "lbd") daemon.open_files = open_files_limit(number_field(status, "pid"));
    if (name == "vrrpd") read_vrrpd(invocation, status, facts);
    if (name == "syncd") read_syncd(status, facts);
  }
  if (facts.vips.empty() && facts.mistakes.empty()) vips_from_config(facts);
  for (VipFacts& vip : facts.vips) {
    for (const config::VirtualAddressConfig& address : facts.config.virtual_addresses) {
      if (address.name != vip.name) continue;
      vip.unicast = address.unicast;
      vip.foreign = address.foreign;
      if (address.virtual_mac && vip.virtual_mac.empty()) vip.virtual_mac = virtual_mac(address);
    }
  }
}

}  // namespace tandem::ctl
