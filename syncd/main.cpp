// syncd: replicates sticky tables and other shared state between the two nodes. Command line and configuration here.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "common/config/load.hpp"
#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "syncd/io/daemon.hpp"

namespace {

using namespace tandem;

void print(std::FILE* stream, const std::string& text) { std::fputs(text.c_str(), stream); }

int run(const io::DaemonOptions& options) {
  const config::LoadOutcome loaded = config::load_file(options.config_file);
  for (const auto& diagnostic : loaded.diagnostics) print(stderr, diagnostic.to_string() + "\n");
  for (const auto& diagnostic : loaded.unsupported) print(stderr, diagnostic.to_string() + "\n");
  if (!loaded.usable()) return io::exit_usage;
  log::init("syncd", options.log_level);
  const auto link = sync::make_link_config(loaded.config, options.node);
  if (!link) {
    print(stderr, fmt::format("syncd: {}\n", link.error().message));
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
    const auto options = io::parse_daemon_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!options) {
      print(stderr, fmt::format("syncd: {}\n{}", options.error().message, io::daemon_usage("syncd")));
      return io::exit_usage;
    }
    if (options->help) {
      print(stdout, io::daemon_usage("syncd"));
      return io::exit_ok;
    }
    if (options->version) {
      print(stdout, fmt::format("syncd {}\n", io::version()));
      return io::exit_ok;
    }
    return run(*options);
  } catch (const std::exception& error) {
    print(stderr, fmt::format("syncd: bug: {}\n", error.what()));
    return io::exit_failure;
  }
}
