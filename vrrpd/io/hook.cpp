#include "vrrpd/io/hook.hpp"

#include <fmt/core.h>

#include <utility>

#include "vrrpd/io/context.hpp"

namespace tandem::vrrp {

Hook::Hook(Context& context, std::string node, const config::VirtualAddressConfig& config)
    : context_(context), node_(std::move(node)), name_(config.name), words_(config.hook), timeout_(config.hook_timeout) {}

void Hook::tell(HookNotice notice) {
  if (const auto now = queue_.add(std::move(notice))) run(*now);
}

void Hook::run(const HookNotice& notice) {
  Job job{.kind = Job::Kind::program, .timeout = timeout_, .words = words_, .environment = program_environment(node_)};
  for (const std::string& word : {name_, notice.state, notice.cause}) job.words.push_back(word);
  job.environment.push_back("TANDEM_VIRTUAL_ADDRESS=" + name_);
  job.environment.push_back("TANDEM_STATE=" + notice.state);
  job.environment.push_back("TANDEM_CAUSE=" + notice.cause);
  job.environment.push_back("TANDEM_PRIORITY=" + std::to_string(notice.priority));
  context_.programs.run(ProgramRunner::Lane::hook, std::move(job),
                [self = shared_from_this(), notice](const JobOutcome& outcome) { self->ended(notice, outcome); });
}

void Hook::ended(const HookNotice& notice, const JobOutcome& outcome) {
  if (outcome.good()) {
    ++counters_.succeeded;
  } else {
    ++(outcome.end == JobOutcome::End::timed_out ? counters_.timed_out : counters_.failed);
    context_.events.add("hook_failed", name_, fmt::format("hook {} for {} {}", words_.front(), notice.state, describe(outcome)));
  }
  if (const auto next = queue_.ended()) run(*next);
  else context_.status_changed();  // a daemon that leaves waits for its hooks
}

HookStatus Hook::status() const {
  HookStatus status = counters_;
  status.dropped = queue_.dropped();
  return status;
}

}  // namespace tandem::vrrp
