// vrrpd: owns the floating addresses of this node by VRRP (RFC 9568).
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "common/config/load.hpp"
#include "common/config/own_node.hpp"
#include "common/io/daemon.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/announcer.hpp"
#include "vrrpd/io/daemon.hpp"
#include "vrrpd/io/frame_socket.hpp"
#include "vrrpd/io/guard.hpp"
#include "vrrpd/io/release.hpp"
#include "vrrpd/io/session_file.hpp"
#include "vrrpd/io/settings.hpp"

namespace {

using namespace tandem;  // NOLINT: main

constexpr const char* release_usage =
    "  --release          only remove what a vrrpd that died has left on this host, and leave\n";

std::string usage() { return io::daemon_usage("vrrpd", release_usage); }

// True if `word` was there; it is taken out.
bool take_flag(std::vector<std::string>& words, const std::string& word) { return std::erase(words, word) > 0; }

// What outlives a boot, where a service manager has a place for that; else what outlives the process.
std::string state_directory(const io::DaemonOptions& options) {
  const char* given = std::getenv("STATE_DIRECTORY");
  return given != nullptr && *given != '\0' ? given : options.run_dir;
}

int run(io::DaemonOptions options) {
  const config::LoadOutcome loaded = config::load_file(options.config_file);
  if (!loaded.usable()) {
    for (const auto& diagnostic : loaded.diagnostics) log::complain(diagnostic.to_string());
    for (const auto& diagnostic : loaded.unsupported) log::complain(diagnostic.to_string());
    return io::exit_usage;
  }
  if (!loaded.config.cluster) {
    return io::leave_idle("vrrpd", "the configuration has no \"cluster\": a single node has no floating addresses");
  }
  if (options.node.empty()) options.node = config::own_node_name(loaded.config, io::host_name());
  auto settings = vrrp::settings_for(loaded.config, options.node);
  if (!settings) {
    log::complain(fmt::format("vrrpd: {}: {}", options.config_file, settings.error().message));
    return io::exit_usage;
  }
  if (auto prepared = io::prepare_run_dir(options.run_dir); !prepared) {
    log::error("{}", prepared.error().message);
    return io::exit_failure;
  }
  auto board = vrrp::HeldBoard::create();
  if (!board) {
    log::error("{}", board.error().message);
    return io::exit_failure;
  }
  // The guard keeps its copies of these. To let go of the last copy of a packet socket takes the kernel about 10 ms, and
  // the pidfd of a process that dies tells only after that: should there be no lifeline, the guard would be so much later.
  auto announcer = vrrp::Announcer::open();
  auto frames = vrrp::FrameSocket::open();
  if (!announcer || !frames) {
    log::error("{}", (!announcer ? announcer.error() : frames.error()).message);
    return io::exit_failure;
  }
  auto leases = vrrp::LeaseTable::create();
  const vrrp::SessionFile sessions(state_directory(options));
  return vrrp::run_guarded(*board, leases ? &*leases : nullptr, sessions, options.run_dir, [&] {
    return vrrp::run_daemon(options, std::move(*settings), vrrp::voting_for(loaded.config, options.node), *board,
                            leases, sessions, std::move(*announcer), std::move(*frames));
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool release = take_flag(words, "--release");
  auto options = io::parse_daemon_options(words);
  if (!options) {
    log::complain(fmt::format("vrrpd: {}\n{}", options.error().message, usage()));
    return io::exit_usage;
  }
  if (options->help) {
    fmt::print("{}", usage());
    return io::exit_ok;
  }
  if (options->version) {
    fmt::print("vrrpd {}\n", io::version());
    return io::exit_ok;
  }
  log::init("vrrpd", options->log_level);
  if (!release) return run(std::move(*options));
  return vrrp::release_left_behind(config::load_file(options->config_file), options->run_dir);
}
