// What two nodes compare, as JSON that one prints and the other reads.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "common/base/result.hpp"
#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

nlohmann::ordered_json identity_json(const Identity& identity);

/// From what `lbctl doctor --json` printed on the peer. The error says what is wrong with the text.
Result<Identity> parse_identity(const std::string& text);

/// A short digest of a file; empty if it cannot be read.
std::string file_digest(const std::string& path);

/// A fingerprint of the cluster key that says nothing about it; empty if it cannot be read.
std::string key_fingerprint(const std::string& path);

}  // namespace tandem::ctl
