// A process of its own that starts other programs for vrrpd (tracked scripts, hooks), so that neither fork() of a daemon
// with locked memory, nor exec() of a program on a slow disk, ever delays an advert.
//
// It has no privileges, and neither has what it starts: no capabilities (also as root), no way to get any
// (NO_NEW_PRIVS), no descriptors but /dev/null and its standard error, ordinary scheduling, a session of its own. It
// ends with the process at the other end of its socket, and kills what still runs then.
#pragma once

#include <sys/types.h>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {

struct Spawner {
  pid_t pid = -1;
  io::UniqueFd socket;  // SOCK_SEQPACKET, non-blocking: a Job each way out, a JobOutcome each way in (job.hpp)
};

/// Forks it from this process, whose other threads must not hold any lock but the C library's. The caller reaps it
/// after its end.
Result<Spawner> start_spawner();

}  // namespace tandem::vrrp
