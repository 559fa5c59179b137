#include "vrrpd/io/realtime.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace tandem::vrrp {

RealtimeStatus enter_realtime(int priority) {
  RealtimeStatus status;
  sched_param parameters{};
  parameters.sched_priority = priority;
  status.fifo = ::sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
  if (!status.fifo) status.fifo_reason = std::strerror(errno);
  status.locked = ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
  if (!status.locked) status.locked_reason = std::strerror(errno);
  return status;
}

}  // namespace tandem::vrrp
