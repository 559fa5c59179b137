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
  std::string node;                     // empty: the one that the host's name says (common/config/own_node.hpp)
  std::string run_dir = "/run/tandem";
  log::Level log_level = log::Level::info;
  bool help = false;
  bool version = false;
};

/// `arguments` are the words after the program's name. Both "--name value" and "--name=value". The error
/// names the offending word and what is expected.
Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments);

/// The name of this host, as it is set: with its domain or without.
std::string host_name();

/// The version that --version prints and that /v1/status shows ("0.1.0").
std::string version();

/// The usage text for `program`, one option a line; `more` are lines of its own options.
std::string daemon_usage(const std::string& program, const std::string& more = {});

/// The end of a daemon that has nothing to do with this configuration; says `why` and returns the exit code. A service
/// manager starts all daemons without knowing that: to it, this is a success and no reason to try again. Whoever
/// starts one by hand has made a mistake.
int leave_idle(const std::string& program, const std::string& why);

/// Creates `run_dir` (mode 0755) if it is missing; parents must exist.
Result<> prepare_run_dir(const std::string& run_dir);

}  // namespace tandem::io
