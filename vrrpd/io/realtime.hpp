// Being scheduled in time: SCHED_FIFO and locked memory, where the system permits it.
#pragma once

#include <string>

namespace tandem::vrrp {

struct RealtimeStatus {
  bool fifo = false;
  bool locked = false;
  std::string fifo_reason;  // why not; empty if it is
  std::string locked_reason;
};

/// Of SCHED_FIFO: above every ordinary process, below the kernel's own real-time threads (50). The guard's is the higher
/// one: it must not wait until a daemon that dies on the same core has done so.
constexpr int daemon_priority = 10;
constexpr int guard_priority = 11;

/// For the calling process, from now on. Forked children and new threads inherit the scheduling, the memory locks only
/// the latter.
RealtimeStatus enter_realtime(int priority);

}  // namespace tandem::vrrp
