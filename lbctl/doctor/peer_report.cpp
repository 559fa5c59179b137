#include "lbctl/doctor/peer_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "lbctl/doctor/identity.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

// The peer's peer is this host.
std::string fix_seen_from_here(const std::string& node, const std::string& fix) {
  constexpr std::string_view over_there = "on the peer: ";
  if (fix.starts_with(over_there)) return "on this host: " + fix.substr(over_there.size());
  return fmt::format("on {}: {}", node, fix);
}

}  // namespace

Result<PeerReport> parse_peer_report(const std::string& text) {
  auto identity = parse_identity(text);
  if (!identity) return identity.error();
  const Json json = Json::parse(text, nullptr, false);
  if (!member(json, "findings").is_array()) return Error{"it lacks what the peer's doctor found"};
  PeerReport report{.identity = std::move(*identity), .findings = {}};
  const std::string node = report.identity.node.empty() ? "the peer" : report.identity.node;
  for (const Json& finding : elements(json, "findings")) {
    const std::string verdict = text_field(finding, "verdict");
    if (verdict == to_string(Verdict::ok)) continue;
    report.findings.push_back({.verdict = verdict == to_string(Verdict::warn) ? Verdict::warn : Verdict::fail,
                               .check = text_field(finding, "check"),
                               .what = fmt::format("{}: {}", node, text_field(finding, "what")),
                               .why = text_field(finding, "why"),
                               .fix = fix_seen_from_here(node, text_field(finding, "fix"))});
  }
  return report;
}

}  // namespace tandem::ctl
