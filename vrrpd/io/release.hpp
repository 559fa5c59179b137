// `vrrpd --release`: the last resort after a vrrpd that died together with its guard.
//
// Run by the service manager once the service has ended, however it ended: no floating address stays behind, and
// nobody has to wait for the end of its lifetime. So do the devices of virtual MAC addresses and the tc programs go, and the
// settings of the kernel that vrrpd changed are put back. It removes, and does nothing else; no packet is sent.
#pragma once

#include <string>
#include <vector>

#include "common/config/load.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

/// Those of the addresses `present` on the host that a vrrpd installed (address_protocol) and that `config` lists.
/// nullptr, because the file cannot be read: everything that a vrrpd installed.
[[nodiscard]] std::vector<HostAddress> left_behind(const std::vector<HostAddress>& present,
                                                   const config::Config* config);

/// Removes them, and the rest. `run_dir` is that of the vrrpd that died. Returns the exit code: failures are logged, and
/// the addresses' lifetime ends them soon.
int release_left_behind(const config::LoadOutcome& loaded, const std::string& run_dir);

}  // namespace tandem::vrrp
