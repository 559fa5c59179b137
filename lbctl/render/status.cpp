#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"
#include "lbctl/render/table.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string lbd_detail(const Json& lbd) {
  std::string text = bool_field(lbd, "ready") ? "ready" : "not ready: " + text_field(lbd, "ready_reason");
  return text + fmt::format(", {} client connections, {} workers ({}), configuration {}",
                            text_field(lbd, "client_connections"), text_field(lbd, "workers"), text_field(lbd, "engine"),
                            text_field(member(lbd, "config"), "generation"));
}

Row daemon_row(const Json& status, std::string_view name, bool clustered, TimePoint now) {
  const Json& daemon = member(status, name);
  if (daemon.is_object()) {
    return {std::string(name), Cell("running", Tone::good), text_field(daemon, "pid"),
            age_field(daemon, "started_ns", now), text_field(daemon, "version"),
            name == "lbd" ? lbd_detail(daemon) : std::string()};
  }
  const bool missed = clustered || name == "lbd";
  return {std::string(name), missed ? Cell("not running", Tone::bad) : Cell("not used", Tone::dim), "-", "-", "-",
          missed ? "" : "no cluster in the configuration"};
}

std::string daemons_table(const Json& status, bool clustered, TimePoint now, bool color) {
  std::vector<Row> rows;
  for (const std::string_view name : {"lbd", "vrrpd", "syncd"}) rows.push_back(daemon_row(status, name, clustered, now));
  return render_table({"DAEMON", "STATE", "PID", "FOR", "VERSION", ""}, rows, color);
}

Tone state_tone(const std::string& state) {
  if (state == "active") return Tone::good;
  return state == "backup" ? Tone::plain : Tone::warn;
}

std::string addresses_text(const Json& address) {
  std::string all;
  for (const Json& one : elements(address, "addresses")) {
    if (one.is_string()) all += (all.empty() ? "" : " ") + printable(one.get_ref<const std::string&>());
  }
  return all.empty() ? "-" : all;
}

std::string virtual_addresses_table(const Json& status, TimePoint now, bool color) {
  std::vector<Row> rows;
  for (const Json& address : elements(status, "virtual_addresses")) {
    const std::string state = text_field(address, "state");
    const bool owned = !member(address, "owner").is_null();
    rows.push_back({text_field(address, "name"), addresses_text(address), Cell(state, state_tone(state)),
                    Cell(text_field(address, "owner", "nobody"), owned ? Tone::plain : Tone::bad),
                    age_field(address, "since_ns", now), text_field(address, "cause")});
  }
  if (rows.empty()) return {};
  return "\n" + render_table({"VIRTUAL ADDRESS", "ADDRESSES", "HERE", "OWNER", "FOR", "CAUSE"}, rows, color);
}

Tone health_tone(const std::string& health) {
  if (health == "up") return Tone::good;
  return health == "down" ? Tone::bad : Tone::warn;
}

Row backend_row(const Json& group, const Json& backend, TimePoint now) {
  const std::string health = text_field(backend, "health");
  const std::string admin = text_field(backend, "admin");
  return {text_field(group, "name") + "/" + text_field(backend, "name"),
          text_field(backend, "address"),
          Cell(health, health_tone(health)),
          age_field(backend, "since_ns", now),
          Cell(admin, admin == "drain" ? Tone::warn : Tone::plain),
          text_field(backend, "weight"),
          text_field(backend, "active_connections"),
          text_field(backend, "requests_total"),
          text_field(backend, "errors_total"),
          text_field(backend, "health_reason", "")};
}

std::string backends_table(const Json& status, TimePoint now, bool color) {
  std::vector<Row> rows;
  for (const Json& group : elements(member(status, "lbd"), "target_groups")) {
    for (const Json& backend : elements(group, "backends")) rows.push_back(backend_row(group, backend, now));
  }
  if (rows.empty()) return {};
  return "\n" + render_table({"BACKEND", "ADDRESS", "HEALTH", "FOR", "ADMIN", "WEIGHT", "ACTIVE", "REQUESTS", "ERRORS",
                              "REASON"}, rows, color);
}

std::string problems_text(const Json& status, bool color) {
  std::string text;
  for (const Json& problem : elements(status, "problems")) {
    if (problem.is_string()) text += "  " + printable(problem.get_ref<const std::string&>()) + "\n";
  }
  if (text.empty()) return "\n" + toned("no problems", Tone::good, color) + "\n";
  return "\n" + toned("problems:", Tone::bad, color) + "\n" + text;
}

}  // namespace

std::string render_status(const Json& status, bool clustered, TimePoint now, bool color) {
  std::string text = fmt::format("node {}\n\n", text_field(status, "node", "unknown"));
  text += daemons_table(status, clustered, now, color);
  text += virtual_addresses_table(status, now, color);
  const Json& syncd = member(status, "syncd");
  if (syncd.is_object()) text += "\nsync: " + sync_summary(syncd, now, color) + "\n";
  text += backends_table(status, now, color);
  return text + problems_text(status, color);
}

}  // namespace tandem::ctl
