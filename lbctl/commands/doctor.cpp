#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lbctl/commands/commands.hpp"
#include "lbctl/doctor/collect.hpp"
#include "lbctl/doctor/findings.hpp"
#include "lbctl/doctor/identity.hpp"
#include "lbctl/doctor/peer_report.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

Result<PeerReport> read_peer(const std::string& file) {
  if (file == "-") return parse_peer_report({std::istreambuf_iterator<char>(std::cin), {}});
  std::ifstream stream(file);
  if (!stream) return Error{fmt::format("cannot read {}", file)};
  return parse_peer_report({std::istreambuf_iterator<char>(stream), {}});
}

Json findings_json(const Facts& facts, const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"verdict", to_string(finding.verdict)},
                    {"check", finding.check},
                    {"what", finding.what},
                    {"why", finding.why},
                    {"fix", finding.fix}});
  }
  return {{"node", facts.self},
          {"verdict", to_string(worst(findings))},
          {"findings", std::move(list)},
          {"identity", identity_json(facts.identity)}};
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  std::size_t warnings = 0;
  std::size_t failures = 0;
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::warn) ++warnings;
    if (finding.verdict == Verdict::fail) ++failures;
    text += fmt::format("{:<5} {:<11} {}\n", to_string(finding.verdict), printable(finding.check), printable(finding.what));
    if (finding.verdict == Verdict::ok) continue;
    text += fmt::format("{:18}why: {}\n{:18}fix: {}\n", "", printable(finding.why), "", printable(finding.fix));
  }
  return text + fmt::format("\n{} ok, {} to look at, {} to repair\n", findings.size() - warnings - failures, warnings, failures);
}

}  // namespace

int run_doctor(const Invocation& invocation, const Output& output) {
  std::optional<PeerReport> peer;
  if (const auto file = invocation.value("--peer-status")) {
    auto report = read_peer(*file);
    if (!report) {
      return output.fail(exit_usage, fmt::format("doctor --peer-status: {}", report.error().message),
                         "on the peer: lbctl doctor --json > FILE");
    }
    peer = std::move(*report);
  }
  Facts facts = collect(invocation);
  if (peer) facts.peer_identity = peer->identity;
  std::vector<Finding> findings = examine(facts);
  if (peer) findings.insert(findings.end(), peer->findings.begin(), peer->findings.end());
  if (output.is_json()) {
    output.json(findings_json(facts, findings));
  } else {
    if (!facts.root) output.notice("not root: the firewall, the key and the network are not looked at entirely");
    output.text(findings_text(findings));
  }
  return worst(findings) == Verdict::fail ? exit_failure : exit_ok;
}

}  // namespace tandem::ctl
