#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"
#include "lbctl/render/table.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string peer_text(const Json& peer, TimePoint now, bool color) {
  const bool connected = bool_field(peer, "connected");
  std::string text = fmt::format("peer {} ", text_field(peer, "name"));
  text += toned(connected ? "connected" : "not connected", connected ? Tone::good : Tone::bad, color);
  if (connected) text += fmt::format(" at {}", text_field(peer, "address"));
  return text + fmt::format(" for {}", age_field(peer, "since_ns", now));
}

// "lbd, vrrpd", or how many there are.
std::string clients_text(const Json& status) {
  const Json& clients = member(status, "clients");
  if (!clients.is_array()) return text_field(status, "clients");
  std::string all;
  for (const Json& client : clients) {
    all += (all.empty() ? "" : ", ") + (client.is_string() ? printable(client.get_ref<const std::string&>())
                                                           : text_field(client, "name"));
  }
  return all.empty() ? "none" : all;
}

}  // namespace

std::string sync_summary(const Json& status, TimePoint now, bool color) {
  const bool in_sync = bool_field(status, "in_sync");
  std::string text = toned(in_sync ? "in sync" : "not in sync", in_sync ? Tone::good : Tone::bad, color);
  const std::string reason = text_field(status, "in_sync_reason", "");
  if (!reason.empty()) text += fmt::format(" ({})", reason);
  const Json& lag = member(status, "lag");
  return text + fmt::format("; {}; lag {} entries, oldest {}", peer_text(member(status, "peer"), now, color),
                            text_field(lag, "entries"), milliseconds_field(lag, "oldest_ms"));
}

std::string render_sync(const Json& status, TimePoint now, bool color) {
  std::string text = sync_summary(status, now, color) + "\n";
  text += fmt::format("last heard from the peer: {} ago; local clients: {}; resyncs: {}\n",
                      milliseconds_field(member(status, "peer"), "last_heard_ms"), clients_text(status),
                      text_field(status, "resyncs_total"));
  std::vector<Row> rows;
  for (const Json& table : elements(status, "tables")) {
    rows.push_back({text_field(table, "name"), text_field(table, "entries"), text_field(table, "tombstones")});
  }
  if (!rows.empty()) text += "\n" + render_table({"TABLE", "ENTRIES", "TOMBSTONES"}, rows, color);
  return text;
}

}  // namespace tandem::ctl
