// syncd: replicates sticky tables and other shared state between the two nodes. Command line and configuration here.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "common/config/load.hpp"
#include "common/config/own_node.hpp"
#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "syncd/io/daemon.hpp"

namespace {

using namespace tandem;

int run(io::DaemonOptions options) {
  const config::LoadOutcome loaded = config::load_file(options.config_file);
  for (const auto& diagnostic : loaded.diagnostics) log::complain(diagnostic.to_string());
  for (const auto& diagnostic : loaded.unsupported) log::complain(diagnostic.to_string());
  if (!loaded.usable()) return io::exit_usage;
  log::init("syncd", options.log_level);
  if (!loaded.config.cluster) {
    return io::leave_idle("syncd", "the configuration has no \"cluster\": a single node has nothing to replicate");
  }
  if (options.node.empty()) options.node = config::own_node_name(loaded.config, io::host_name());
  const auto link = sync::make_link_config(loaded.config, options.node);
  if (!link) {
    log::complain(fmt::format("syncd: {}", link.error().message));
    return io::exit_usage;
  }
  sync::Daemon daemon(options, *link);
  if (const auto ended = daemon.run(); !ended) {
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
      log::complain(fmt::format("syncd: {}\n{}", options.error().message, io::daemon_usage("syncd")));
      return io::exit_usage;
    }
    if (options->help) {
      fmt::print("{}", io::daemon_usage("syncd"));
      return io::exit_ok;
    }
    if (options->version) {
      fmt::print("syncd {}\n", io::version());
      return io::exit_ok;
    }
    return run(std::move(*options));
  } catch (const std::exception& error) {
    log::complain(fmt::format("syncd: bug: {}", error.what()));
    return io::exit_failure;
  }
}
