// The screens of lbctl: from the documented JSON to text. Pure; whatever the JSON lacks shows as "-".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>

#include "common/base/time.hpp"

namespace tandem::ctl {

/// `lbctl status`: `status` is what `lbctl status --json` prints. `clustered` is false where there is no pair,
/// and so neither vrrpd nor syncd is missed.
std::string render_status(const nlohmann::ordered_json& status, bool clustered, TimePoint now, bool color);

/// `lbctl vrrp`: vrrpd's /v1/status.
std::string render_vrrp(const nlohmann::ordered_json& status, TimePoint now, bool color);

/// `lbctl sync`: syncd's /v1/status.
std::string render_sync(const nlohmann::ordered_json& status, TimePoint now, bool color);

/// One line of replication state: in sync or not and why, peer, lag.
std::string sync_summary(const nlohmann::ordered_json& status, TimePoint now, bool color);

/// "in maintenance since 2026-11-24T09:30:00Z: new switch", "not in maintenance".
std::string maintenance_text(const nlohmann::ordered_json& maintenance);

/// One event, as a line. `epoch` is the system clock's time at the zero of CLOCK_MONOTONIC.
std::string render_event(const nlohmann::ordered_json& event, std::chrono::system_clock::time_point epoch);

}  // namespace tandem::ctl
