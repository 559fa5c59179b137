#include "lbctl/doctor/findings.hpp"

#include <algorithm>

namespace tandem::ctl {

std::vector<Finding> examine(const Facts& facts) {
  Findings findings;
  examine_setup(facts, findings);
  if (facts.config_exists && facts.mistakes.empty() && facts.config.cluster) {
    examine_network(facts, findings);
    examine_firewall(facts, findings);
    examine_pair(facts, findings);
    examine_multicast(facts, findings);
    examine_virtual_macs(facts, findings);
  }
  examine_machine(facts, findings);
  return std::move(findings.list);
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict result = Verdict::ok;
  for (const Finding& finding : findings) result = std::max(result, finding.verdict);
  return result;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warn: return "warn";
    case Verdict::fail: return "fail";
  }
  return "fail";
}

}  // namespace tandem::ctl
