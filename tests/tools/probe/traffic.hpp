// Sends the planned requests at their intended times, whatever happens to the earlier ones.
#pragma once

#include <csignal>

#include "tests/tools/probe/plan.hpp"
#include "tests/tools/probe/record.hpp"

namespace tandem::tools {

/// Runs the plan; ends early, with what it has, once `stop` is set by a signal.
Measurement run_traffic(const Plan& plan, const volatile std::sig_atomic_t& stop);

}  // namespace tandem::tools
