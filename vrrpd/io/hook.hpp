// Tells an operator's program of each change of one virtual address's state. Io thread only.
//
// It outlives its instance until the last notice is told: whoever holds it may let go at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "vrrpd/core/hook_queue.hpp"
#include "vrrpd/io/program_runner.hpp"

namespace tandem::vrrp {

struct Context;

/// How often its runs ended how.
struct HookStatus {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;   // another exit code than 0, killed, or not started
  std::uint64_t timed_out = 0;
  std::uint64_t dropped = 0;  // notices that a later one replaced
};

class Hook : public std::enable_shared_from_this<Hook> {
 public:
  /// `context` must outlive the last run. `config.hook` is not empty.
  Hook(Context& context, std::string node, const config::VirtualAddressConfig& config);

  /// Runs it, or remembers the notice while it runs.
  void tell(HookNotice notice);
  [[nodiscard]] HookStatus status() const;

 private:
  void run(const HookNotice& notice);
  void ended(const HookNotice& notice, const JobOutcome& outcome);

  Context& context_;
  const std::string node_;
  const std::string name_;
  const std::vector<std::string> words_;
  const Duration timeout_;
  HookQueue queue_;
  HookStatus counters_;
};

}  // namespace tandem::vrrp
