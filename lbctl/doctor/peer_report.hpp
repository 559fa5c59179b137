// What `lbctl doctor --json` said on the peer, read here: its identity, and the traps that it found. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {

struct PeerReport {
  Identity identity;
  std::vector<Finding> findings;  // its warnings and failures; the sentences say on which host
};

/// The error says what is wrong with the text. A verdict of a later version that is unknown here counts as a failure.
Result<PeerReport> parse_peer_report(const std::string& text);

}  // namespace tandem::ctl
