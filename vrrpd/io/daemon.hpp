// The daemon under the guard: all virtual addresses of this node, what they depend on, and its end.
#pragma once

#include <vector>

#include "common/io/daemon.hpp"
#include "vrrpd/io/announcer.hpp"
#include "vrrpd/io/frame_socket.hpp"
#include "vrrpd/io/held_board.hpp"
#include "vrrpd/io/instance.hpp"
#include "vrrpd/io/session_file.hpp"
#include "vrrpd/io/voting.hpp"
#include "vrrpd/lease/lease_table.hpp"

namespace tandem::vrrp {

/// Runs until SIGTERM or SIGINT and everything is released; returns the exit code. `leases`, or why there are none, must
/// outlive the call, as must `board`; `sessions` is where the numbers of authenticated adverts are kept.
/// The packet sockets are those that the guard has opened, see main.cpp.
int run_daemon(const io::DaemonOptions& options, std::vector<InstanceConfig> settings, VotingConfig voting,
               HeldBoard& board, Result<LeaseTable>& leases, const SessionFile& sessions, Announcer announcer,
               FrameSocket frames);

}  // namespace tandem::vrrp
