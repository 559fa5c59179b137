#include "common/io/daemon.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/io/service_manager.hpp"

namespace tandem::io {
namespace {

Result<> apply_option(DaemonOptions& options, std::string_view name, std::string_view value) {
  if (value.empty()) return Error{fmt::format("{} needs a value", name)};
  if (name == "--config") {
    options.config_file = value;
  } else if (name == "--node") {
    options.node = value;
  } else if (name == "--run-dir") {
    options.run_dir = value;
  } else {
    const auto level = log::parse_level(value);
    if (!level) {
      return Error{fmt::format("--log-level '{}' is not one of debug, info, warning, error", value)};
    }
    options.log_level = *level;
  }
  return {};
}

bool takes_value(std::string_view name) {
  return name == "--config" || name == "--node" || name == "--run-dir" || name == "--log-level";
}

}  // namespace

Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments) {
  DaemonOptions options;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--help" || word == "-h") {
      options.help = true;
      continue;
    }
    if (word == "--version") {
      options.version = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!takes_value(name)) {
      return Error{fmt::format("unexpected '{}': expected --config FILE, --node NAME, --run-dir DIR or "
                               "--log-level LEVEL", word)};
    }
    if (!seen.insert(name).second) return Error{name + " is given twice"};
    std::string value;
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (auto applied = apply_option(options, name, value); !applied) return applied.error();
  }
  if (options.config_file.empty() && !options.help && !options.version) return Error{"--config FILE is missing"};
  return options;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::string version() { return TANDEM_VERSION; }

std::string daemon_usage(const std::string& program, const std::string& more) {
  return fmt::format(
      "usage: {} --config FILE [options]\n"
      "  --config FILE      configuration of the pair (tandem.json)\n"
      "  --node NAME        which node of the configuration this is (default: by the host name)\n"
      "  --run-dir DIR      control sockets and state (default: /run/tandem)\n"
      "  --log-level LEVEL  debug, info, warning or error (default: info)\n"
      "{}"
      "  --help, --version\n"
      "Runs in the foreground and logs to stderr. SIGHUP reloads, SIGTERM drains and leaves.\n"
      "Exit status: 0 clean end, 1 failure, 2 bad usage or bad configuration.\n",
      program, more);
}

int leave_idle(const std::string& program, const std::string& why) {
  if (!has_manager()) {
    log::complain(fmt::format("{}: {}", program, why));
    return exit_usage;
  }
  log::info("nothing to do: {}", why);
  notify_manager("READY=1\nSTATUS=nothing to do: " + why);
  return exit_ok;
}

Result<> prepare_run_dir(const std::string& run_dir) {
  if (::mkdir(run_dir.c_str(), 0755) == 0) {
    // Unlike mkdir's mode, not subject to the umask.
    if (::chmod(run_dir.c_str(), 0755) != 0) return errno_error("set the mode of " + run_dir, errno);
    return {};
  }
  if (errno != EEXIST) return errno_error("create the run directory " + run_dir, errno);
  struct stat status {};
  if (::stat(run_dir.c_str(), &status) != 0) return errno_error("examine the run directory " + run_dir, errno);
  if (!S_ISDIR(status.st_mode)) return Error{fmt::format("the run directory {} is not a directory", run_dir)};
  return {};
}

}  // namespace tandem::io
