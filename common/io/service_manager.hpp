// What a daemon and its service manager (systemd) tell each other: sd_notify(3) and sd_watchdog_enabled(3).
//
// Everything here has no effect, or says "no", where no service manager has asked for it.
#pragma once

#include <optional>
#include <string>

#include "common/base/time.hpp"

namespace tandem::io {

/// Whether a manager listens.
[[nodiscard]] bool has_manager();

/// "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…", or several, a line each. The time stamp that
/// belongs to "RELOADING=1" is added here. Never blocks; a failure is logged.
void notify_manager(const std::string& state);

/// How long the manager waits for a "WATCHDOG=1" before it kills the service; nullopt: it does not. WATCHDOG_PID is
/// not looked at, because vrrpd's daemon is the child of the process that the manager started.
[[nodiscard]] std::optional<Duration> watchdog_timeout();

}  // namespace tandem::io
