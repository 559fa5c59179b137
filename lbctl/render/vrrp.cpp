#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"
#include "lbctl/render/table.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<Json>& texts) {
  std::string all;
  for (const Json& text : texts) {
    if (!text.is_string()) continue;
    all += (all.empty() ? "" : ", ") + printable(text.get_ref<const std::string&>());
  }
  return all.empty() ? "-" : all;
}

std::string drops_text(const Json& dropped) {
  std::string all;
  if (dropped.is_object()) {
    for (const auto& item : dropped.items()) {
      if (item.value() == 0) continue;
      all += fmt::format("{}{} {}", all.empty() ? "" : ", ", printable(item.key()), text_field(dropped, item.key()));
    }
  }
  return all.empty() ? "none" : all;
}

// Of a node that may take over the reason says what it waits for before it preempts.
std::string take_over_text(const Json& address) {
  const std::string reason = text_field(address, "may_take_over_reason", "");
  if (!bool_field(address, "may_take_over")) return "no: " + (reason.empty() ? "-" : reason);
  return reason.empty() ? "yes" : "yes; " + reason;
}

// The words of RFC 9568 section 6.1.
std::string timers_text(const Json& timers) {
  std::string text = fmt::format("Active_Adver_Interval {} ms, Skew_Time {} ms, Active_Down_Interval {} ms; ",
                                 text_field(timers, "active_adver_interval_ms"), text_field(timers, "skew_time_ms"),
                                 text_field(timers, "active_down_interval_ms"));
  if (!member(timers, "due_ms").is_number()) return text + "nothing is due";
  return text + fmt::format("next due in {} ms", text_field(timers, "due_ms"));
}

std::string track_text(const Json& track) {
  const bool holds = bool_field(track, "holds");
  std::string text = holds ? text_field(track, "name") + ": well" : "FAILS: " + text_field(track, "reason");
  if (member(track, "weight") != 0) text += fmt::format(" (weight {})", text_field(track, "weight"));
  return text;
}

Tone state_tone(const std::string& state) {
  if (state == "active") return Tone::good;
  return state == "backup" ? Tone::plain : Tone::warn;
}

std::string virtual_mac_text(const Json& mac) {
  std::string text = text_field(mac, "address");
  text += bool_field(mac, "in_force") ? " on " + text_field(mac, "device") : ", NOT IN FORCE";
  const std::string problem = text_field(mac, "problem", "");
  return problem.empty() ? text : text + ": " + problem;
}

std::string lease_text(const Json& lease) {
  if (!bool_field(lease, "enforced")) {
    return "NOT ENFORCED, a frozen vrrpd goes on answering: " + text_field(lease, "reason", "unknown");
  }
  std::string text = fmt::format("mute {} after the last advert", milliseconds_field(lease, "bound_ms"));
  if (!member(lease, "remaining_ms").is_null()) {
    text += fmt::format("; {} left", milliseconds_field(lease, "remaining_ms"));
  }
  return text + fmt::format("; {} packets silenced", text_field(lease, "silenced_packets"));
}

std::string vote_text(const Json& vote) {
  const Json& peer = member(vote, "peer");
  std::string text = fmt::format("epoch {}; witnesses {}; peer over the sync link: ", text_field(vote, "epoch"),
                                 text_field(vote, "witnesses"));
  if (peer.is_object()) {
    text += fmt::format("{}, {}, witnesses {}", bool_field(peer, "owns") ? "owns" : "does not own",
                        bool_field(peer, "fit") ? "fit" : "not fit", text_field(peer, "witnesses"));
  } else {
    text += "silent";
  }
  const std::string reason = text_field(vote, "text", "");
  if (reason.empty()) return text;
  if (!bool_field(vote, "held")) return text + "; " + reason;
  return text + "; HELD: " + reason + "; to do: " + text_field(vote, "remedy", "see lbctl doctor");
}

std::string authentication_text(const Json& authentication) {
  const std::string problem = text_field(authentication, "problem", "");
  const std::string text = bool_field(authentication, "enabled") ? "with the cluster key" : "none";
  return problem.empty() ? text : text + "; PROBLEM: " + problem;
}

std::string lateness_text(const Json& address) {
  const Json& lateness = member(address, "lateness");
  return fmt::format("of {} timers: p50 {} ms, p99 {} ms, at most {} ms; too late {} times",
                     text_field(lateness, "count"), text_field(lateness, "p50_ms"), text_field(lateness, "p99_ms"),
                     text_field(lateness, "max_ms"), text_field(address, "late_total", "0"));
}

// "≤0.05 ms 812, ≤0.1 ms 3, more 1": each count is of what is above the bound before.
std::string histogram_text(const Json& lateness) {
  std::string text;
  for (const Json& bucket : elements(lateness, "buckets")) {
    const std::string bound = member(bucket, "le_ms").is_number() ? "≤" + text_field(bucket, "le_ms") + " ms" : "more";
    text += (text.empty() ? "" : ", ") + bound + " " + text_field(bucket, "count");
  }
  return text;
}

// The others of `all` in its sync group.
std::string company(const Json& address, const std::vector<Json>& all) {
  std::string names;
  for (const Json& other : all) {
    if (text_field(other, "sync_group", "") != text_field(address, "sync_group", "")) continue;
    if (text_field(other, "name") == text_field(address, "name")) continue;
    names += (names.empty() ? "" : ", ") + text_field(other, "name");
  }
  return names.empty() ? "nobody yet" : names;
}

std::string address_block(const Json& address, const std::vector<Json>& all, TimePoint now, bool color) {
  const std::string state = text_field(address, "state");
  std::string text = fmt::format("{}: {} for {} ({})\n", text_field(address, "name"),
                                 toned(state, state_tone(state), color), age_field(address, "since_ns", now),
                                 text_field(address, "cause"));
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<16}{}\n", name, value);
  };
  line("addresses", fmt::format("{} on {}, vrid {}", joined(elements(address, "addresses")),
                                text_field(address, "interface"), text_field(address, "vrid")));
  line("owner", fmt::format("{} (preferred {})", text_field(address, "owner", "nobody"),
                            text_field(address, "preferred_node")));
  const std::string group = text_field(address, "sync_group", "");
  if (!group.empty()) line("sync group", fmt::format("{}, with {}", group, company(address, all)));
  line("priority", fmt::format("{}, peer's {}", text_field(address, "priority"), text_field(address, "peer_priority")));
  line("may take over", take_over_text(address));
  for (const Json& track : elements(address, "track")) line("tracks", track_text(track));
  line("adverts", fmt::format("every {}; {} sent; {} received, the last {} ago",
                              milliseconds_field(address, "advert_interval_ms"), text_field(address, "adverts_sent"),
                              text_field(address, "adverts_received"),
                              milliseconds_field(address, "peer_last_advert_ms")));
  if (const Json& timers = member(address, "timers"); timers.is_object()) line("timers", timers_text(timers));
  line("dropped", drops_text(member(address, "adverts_dropped")));
  if (const Json& authentication = member(address, "authentication"); authentication.is_object()) {
    line("authentication", authentication_text(authentication));
  }
  if (const Json& lease = member(address, "lease"); lease.is_object()) line("lease", lease_text(lease));
  if (const Json& mac = member(address, "virtual_mac"); mac.is_object()) line("virtual MAC", virtual_mac_text(mac));
  if (const Json& vote = member(address, "vote"); vote.is_object()) line("vote", vote_text(vote));
  if (const Json& lateness = member(address, "lateness"); lateness.is_object()) {
    line("lateness", lateness_text(address));
    if (const std::string histogram = histogram_text(lateness); !histogram.empty()) line("", histogram);
  }
  return text;
}

}  // namespace

std::string render_vrrp(const Json& status, TimePoint now, bool color) {
  const bool ready = bool_field(status, "lbd_ready");
  std::string text = fmt::format("node {}: lbd is {}", text_field(status, "node"),
                                 toned(ready ? "ready" : "not ready", ready ? Tone::good : Tone::bad, color));
  if (!ready) text += fmt::format(" ({})", text_field(status, "lbd_reason"));
  text += bool_field(status, "in_sync") ? ", in sync" : ", not in sync";
  const std::string sync_reason = text_field(status, "in_sync_reason", "");
  text += sync_reason.empty() ? "\n" : fmt::format(" ({})\n", sync_reason);
  if (const Json& maintenance = member(status, "maintenance"); bool_field(maintenance, "on")) {
    text += toned(maintenance_text(maintenance), Tone::warn, color) + "\n";
  }
  const std::vector<Json> all = elements(status, "virtual_addresses");
  for (const Json& address : all) text += "\n" + address_block(address, all, now, color);
  return text;
}

}  // namespace tandem::ctl
