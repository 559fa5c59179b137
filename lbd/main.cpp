// lbd: the L4/L7 proxy. Command line and configuration here; everything else in lbd/control and lbd/proxy.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/config/load.hpp"
#include "common/config/own_node.hpp"
#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "lbd/control/control.hpp"

namespace {

using namespace tandem;

// Connections are descriptors: use what the administrator allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warning("cannot raise the limit of open files; it stays as it is");
}

// Empty, or why this node cannot run this configuration.
std::string node_mistake(const config::Config& config, const std::string& node) {
  if (!config.cluster) return {};
  std::string names;
  for (const auto& known : config.cluster->nodes) {
    if (known.name == node) return {};
    names += names.empty() ? known.name : ", " + known.name;
  }
  return fmt::format("this node is called {}, which is none of cluster.nodes ({}); say --node NAME", node, names);
}

int run(io::DaemonOptions options) {
  const config::LoadOutcome loaded = config::load_file(options.config_file);
  for (const auto& diagnostic : loaded.diagnostics) log::complain(diagnostic.to_string());
  for (const auto& diagnostic : loaded.unsupported) log::complain(diagnostic.to_string());
  if (!loaded.usable()) return io::exit_usage;
  if (options.node.empty()) options.node = config::own_node_name(loaded.config, io::host_name());
  if (const std::string mistake = node_mistake(loaded.config, options.node); !mistake.empty()) {
    log::complain(fmt::format("lbd: {}", mistake));
    return io::exit_usage;
  }
  log::init("lbd", options.log_level);
  raise_descriptor_limit();
  lbd::Control control(options, loaded.config);
  if (const auto ended = control.run(); !ended) {
    log::error("{}", ended.error().message);
    return io::exit_failure;
  }
  return io::exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto options = io::parse_daemon_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!options) {
      log::complain(fmt::format("lbd: {}\n{}", options.error().message, io::daemon_usage("lbd")));
      return io::exit_usage;
    }
    if (options->help) {
      fmt::print("{}", io::daemon_usage("lbd"));
      return io::exit_ok;
    }
    if (options->version) {
      fmt::print("lbd {}\n", io::version());
      return io::exit_ok;
    }
    return run(std::move(*options));
  } catch (const std::exception& error) {
    log::complain(fmt::format("lbd: bug: {}", error.what()));
    return io::exit_failure;
  }
}
