// The guard: a tiny parent of the daemon, so that no address outlives its daemon.
//
// It watches the daemon, through its lifeline and through a pidfd, and does nothing else. The lifeline ends first, with the
// daemon's one thread that sends; the pidfd waits until the kernel has closed the daemon's sockets, tens of
// milliseconds where there are packet sockets. When the daemon is dead, for whatever reason, the guard ends the kernel leases, says priority 0 for each virtual router that the daemon still held and removes the
// addresses, within about a millisecond; then the devices of virtual MAC addresses go, and the kernel's settings are as
// before. The other two layers are the addresses' lifetime of some
// seconds (if daemon and guard are killed together) and the cleaning at the next start.
#pragma once

#include <functional>
#include <string>

#include "vrrpd/io/held_board.hpp"
#include "vrrpd/io/session_file.hpp"
#include "vrrpd/lease/lease_table.hpp"

namespace tandem::vrrp {

/// Forks. The child runs `daemon` and returns its exit code; it gets SIGTERM should the guard die. The
/// parent stays here as the guard, passes SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGABRT on.
/// `leases` may be nullptr; `run_dir` is ArpDiscipline's. At the end `sessions` gets what was heard last. Returns the
/// child's exit code, or 1 if a signal ended it. Call before any thread or io_context exists.
int run_guarded(HeldBoard& board, LeaseTable* leases, const SessionFile& sessions, const std::string& run_dir,
                const std::function<int()>& daemon);

}  // namespace tandem::vrrp
