// What every daemon's main does the same way: command line, readiness, signals.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/log/log.hpp"

namespace tandem::io {

/// Exit codes of the contract.
enum ExitCode : int { exit_ok = 0, exit_failure = 1, exit_usage = 2 };

/// NAME --config FILE [--node NAME] [--run-dir DIR] [--log-level LEVEL]
struct DaemonOptions {
  std::string config_file;
  std::string node;                     // default: the host name
  std::string run_dir = "/run/tandem";
  log::Level log_level = log::Level::info;
  bool help = false;
  bool version = false;
};

/// `arguments` are the words after the program's name. Both "--name value" and "--name=value". The error
/// names the offending word and what is expected.
Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments);

/// The version that --version prints and that /v1/status shows ("0.1.0").
std::string version();

/// The usage text for `program`, one option a line.
std::string daemon_usage(const std::string& program);

/// Creates `run_dir` (mode 0755) if it is missing; parents must exist.
Result<> prepare_run_dir(const std::string& run_dir);

/// sd_notify(3): "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=…". No effect without NOTIFY_SOCKET.
/// The time stamp that belongs to "RELOADING=1" is added here.
void notify_manager(const std::string& state);

}  // namespace tandem::io
