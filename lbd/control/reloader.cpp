#include "lbd/control/reloader.hpp"

#include <utility>

#include <fmt/core.h>

#include "common/io/service_manager.hpp"
#include "common/log/log.hpp"
#include "lbd/control/reload_plan.hpp"

namespace tandem::lbd {
namespace {

// Tells systemd that a reload is under way, for as long as this lives.
struct ReloadingNotice {
  ReloadingNotice() { io::notify_manager("RELOADING=1"); }
  ~ReloadingNotice() { io::notify_manager("READY=1"); }
  ReloadingNotice(const ReloadingNotice&) = delete;
  ReloadingNotice& operator=(const ReloadingNotice&) = delete;
};

}  // namespace

Reloader::Reloader(std::string file, LiveConfig& live, io::EventLog& events, std::function<void()> on_applied)
    : file_(std::move(file)), live_(live), events_(events), on_applied_(std::move(on_applied)) {}

ReloadOutcome Reloader::reload() {
  const ReloadingNotice notice;
  config::LoadOutcome loaded = config::load_file(file_);
  if (!loaded.usable()) {
    auto diagnostics = std::move(loaded.diagnostics);
    diagnostics.insert(diagnostics.end(), loaded.unsupported.begin(), loaded.unsupported.end());
    return refuse(std::move(diagnostics));
  }
  std::vector<config::Diagnostic> reasons;
  for (const auto& reason : reasons_to_restart(live_.config(), loaded.config)) {
    reasons.push_back({file_, 1, 1, reason.path, reason.message, "restart lbd on one node after the other"});
  }
  if (!reasons.empty()) return refuse(std::move(reasons));

  const bool changed = !(loaded.config == live_.config());
  if (changed) {
    if (auto applied = live_.apply(loaded.config); !applied) {
      return refuse({{file_, 1, 1, "", applied.error().message, ""}});
    }
    on_applied_();
  } else if (auto reopened = live_.reopen_access_log(); !reopened) {
    log::error("{}", reopened.error().message);
  }
  ++accepted_;
  events_.add("reload", file_, changed ? fmt::format("generation {}", live_.generation()) : "nothing changed");
  return {true, changed, live_.generation(), {}};
}

ReloadOutcome Reloader::refuse(std::vector<config::Diagnostic> diagnostics) {
  ++refused_;
  for (const auto& diagnostic : diagnostics) log::error("reload: {}", diagnostic.to_string());
  events_.add("reload_refused", file_, fmt::format("{} mistakes; generation {} goes on running", diagnostics.size(),
                                                   live_.generation()));
  return {false, false, live_.generation(), std::move(diagnostics)};
}

}  // namespace tandem::lbd
