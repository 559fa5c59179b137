// The sentences that an operator reads: why a state was entered, why a node may not own an address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vrrpd/core/virtual_router.hpp"
#include "vrrpd/io/lbd_watch.hpp"
#include "vrrpd/io/maintenance.hpp"
#include "vrrpd/io/sync_watch.hpp"

namespace tandem::vrrp {

/// The other router, as far as it was heard.
struct PeerView {
  std::string name;  // of the node; its address if the configuration does not know it
  IpAddress address;
  std::uint8_t priority = 0;
  Duration interval{};
  TimePoint heard{};
};

struct Situation {
  std::string fault;  // why this node may not own the address; empty if it may
  std::uint8_t priority = 0;
  std::optional<PeerView> peer;
  Reason vote = Reason::agreed;
};

/// "3 adverts of 100 ms from lb1 (192.0.2.11) missed, last heard 301.2 ms ago"
std::string explain(Cause cause, const Situation& situation, TimePoint now);
/// "lbd ended", "lbd is not ready: draining"; empty for Fault::none, and for Fault::tracked (Tracked::why_not) and
/// Fault::sync_group, of which the instance knows more.
std::string explain(Fault fault, const std::string& interface, const LbdStatus& lbd,
                    const MaintenanceStatus& maintenance);
/// A watcher's reason with the daemon's name in it: "the daemon ended" becomes "lbd ended".
std::string with_name(std::string_view reason, std::string_view daemon);
/// "lb1 says over the sync link that it owns the address: …"; empty for Reason::agreed.
std::string explain(Reason reason, const std::string& peer);
/// What to do about a Backup that is held for this reason: which voice, which command. `self`, `peer`: nodes, `address`: the
/// virtual address. Empty for what never holds a Backup.
std::string remedy(Reason reason, const std::string& address, const std::string& self, const std::string& peer);
/// Why a living owner would not be preempted; empty if it would.
std::string explain(VirtualRouter::Preemption preemption, const SyncStatus& sync);

}  // namespace tandem::vrrp
