// vrrpd: owns the floating addresses of this node by VRRP (RFC 9568).
#include <fmt/core.h>

#include <cstdio>
#include <string>
#include <vector>

#include "common/config/load.hpp"
#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/daemon.hpp"
#include "vrrpd/io/guard.hpp"
#include "vrrpd/io/settings.hpp"

namespace {

using namespace tandem;  // NOLINT: main

int run(const io::DaemonOptions& options) {
  const config::LoadOutcome loaded = config::load_file(options.config_file);
  if (!loaded.usable()) {
    for (const auto& diagnostic : loaded.diagnostics) fmt::print(stderr, "{}\n", diagnostic.to_string());
    for (const auto& diagnostic : loaded.unsupported) fmt::print(stderr, "{}\n", diagnostic.to_string());
    return io::exit_usage;
  }
  auto settings = vrrp::settings_for(loaded.config, options.node);
  if (!settings) {
    fmt::print(stderr, "vrrpd: {}: {}\n", options.config_file, settings.error().message);
    return io::exit_usage;
  }
  log::init("vrrpd", options.log_level);
  if (auto prepared = io::prepare_run_dir(options.run_dir); !prepared) {
    log::error("{}", prepared.error().message);
    return io::exit_failure;
  }
  auto board = vrrp::HeldBoard::create();
  if (!board) {
    log::error("{}", board.error().message);
    return io::exit_failure;
  }
  auto leases = vrrp::LeaseTable::create();
  return vrrp::run_guarded(*board, leases ? &*leases : nullptr, [&] {
    return vrrp::run_daemon(options, std::move(*settings), *board, leases);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = io::parse_daemon_options(std::vector<std::string>(argv + 1, argv + argc));
  if (!options) {
    fmt::print(stderr, "vrrpd: {}\n{}", options.error().message, io::daemon_usage("vrrpd"));
    return io::exit_usage;
  }
  if (options->help) {
    fmt::print("{}", io::daemon_usage("vrrpd"));
    return io::exit_ok;
  }
  if (options->version) {
    fmt::print("vrrpd {}\n", io::version());
    return io::exit_ok;
  }
  return run(*options);
}
