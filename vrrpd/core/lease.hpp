// How long an owner may believe that it still owns, from its own adverts: its lease.
//
// A Backup becomes Active no sooner than three intervals after it received the owner's last advert (RFC 9568 section
// 6.1: Active_Down_Interval), or Skew_Time after one of priority 0. An owner that stops answering before that never
// answers beside its successor, whatever keeps it from sending. Pure; the kernel enforces it (vrrpd/lease/).
#pragma once

#include "common/base/time.hpp"

namespace tandem::vrrp {

/// From an advert on: a quarter of an interval before any Backup is due.
constexpr Duration lease_length(Duration advert_interval) { return advert_interval * 11 / 4; }

}  // namespace tandem::vrrp
