// Reading the configuration file again while lbd runs: SIGHUP and POST /v1/reload.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/config/load.hpp"
#include "common/io/event_log.hpp"
#include "lbd/control/live_config.hpp"

namespace tandem::lbd {

struct ReloadOutcome {
  bool accepted = false;
  bool changed = false;         // accepted, and different from what ran
  std::uint64_t generation = 0; // of what runs now
  std::vector<config::Diagnostic> diagnostics;  // why it was not accepted
};

/// Control thread only.
class Reloader {
 public:
  /// `on_applied` runs after each change (sticky tables and the like follow the configuration).
  Reloader(std::string file, LiveConfig& live, io::EventLog& events, std::function<void()> on_applied);

  /// Whatever is wrong with the file, what ran before goes on running; the mistakes are logged too.
  ReloadOutcome reload();

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t accepted_total() const { return accepted_; }
  [[nodiscard]] std::uint64_t refused_total() const { return refused_; }

 private:
  ReloadOutcome refuse(std::vector<config::Diagnostic> diagnostics);

  std::string file_;
  LiveConfig& live_;
  io::EventLog& events_;
  std::function<void()> on_applied_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace tandem::lbd
