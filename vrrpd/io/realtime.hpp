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

/// For the calling process, from now on. Forked children inherit the scheduling only.
RealtimeStatus enter_realtime();

}  // namespace tandem::vrrp
