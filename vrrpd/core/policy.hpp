// Who should own an address, and whether this node may: priorities, fitness, preemption. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "vrrpd/core/fsm.hpp"

namespace tandem::vrrp {

/// High on purpose: Skew_Time is (256 - priority)/256 of an interval, so a prepared hand-over takes
/// about 1 % of one.
inline constexpr std::uint8_t forced_priority = 254;
inline constexpr std::uint8_t preferred_priority = 253;
inline constexpr std::uint8_t other_priority = 252;
inline constexpr std::uint8_t yielded_priority = 251;

/// What an operator's failover changed.
enum class Override : std::uint8_t {
  none,
  forced,   // being moved here: beats every other node
  kept,     // was moved here: no other node preempts (it equals the preferred node's priority), but the
            // next failover does; until the address is lost
  yielded,  // was moved away: does not preempt, but takes over from a dead peer; until active again
};

/// Lowest of a foreign router, and ours when it was told to keep the address.
inline constexpr std::uint8_t lowest_priority = 1;

/// Between our own nodes, or, if `foreign` is not 0, beside a router that is not ours: what the operator
/// configured, raised above every backup's while forced or kept, lowest while yielded.
std::uint8_t priority_of(bool preferred, Override override, std::uint8_t foreign = 0);

/// What the node is like, for one virtual address.
struct Surroundings {
  bool lbd_connected = false;  // its readiness stream is open
  bool lbd_ready = false;      // its last word
  bool link_up = false;        // of the interface
  bool has_source = false;     // the interface has an address to send adverts from
  bool in_sync = false;        // syncd hears the peer's and has what it knows
  bool tracked_hold = true;    // every tracked condition that has no weight
  std::uint32_t failing_weights = 0;  // the sum over the tracked conditions that fail
  bool maintenance = false;    // the operator has taken the node out of service
  bool group_on_lans = true;   // no member of the sync group lacks its link or its source, while this one has both
  bool operator==(const Surroundings&) const = default;
};

/// Why a node may not own the address.
enum class Fault : std::uint8_t { none, link_down, no_source, lbd_dead, sync_group, maintenance, lbd_not_ready, tracked };

/// "none", "link_down", …
std::string_view to_string(Fault fault);

/// The gravest one; a planned release comes after those that are not.
Fault fault_of(const Surroundings& surroundings);

/// Only an lbd that lives can answer while the peer takes over; of a sync group, those members whose interface works.
Release release_for(Fault fault);

}  // namespace tandem::vrrp
