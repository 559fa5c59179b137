// What the sessions of one syncd share: who this node is, the store, the version clock, the constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/time.hpp"
#include "common/replica/store.hpp"
#include "syncd/core/version_clock.hpp"

namespace tandem::sync {

struct Identity {
  std::string cluster;
  std::string node;
  std::string peer;        // the other node's name
  std::uint64_t boot = 0;  // differs at each start
};

struct Timing {
  Duration heartbeat = std::chrono::milliseconds(100);
  Duration dead = std::chrono::milliseconds(500);          // without a byte from the peer
  Duration digest_interval = std::chrono::seconds(10);
  Duration give_up_waiting = std::chrono::seconds(5);      // for a peer that was never heard
};

struct SessionLimits {
  std::size_t frame_target = 16 * 1024;   // of Entries frames: a frame in the way of a heartbeat stays short
  std::size_t frames_in_flight = 64;      // without an ack
};

/// Owned by the Replicator, outlives the sessions.
struct Shared {
  Identity identity;
  Timing timing;
  SessionLimits limits;
  replica::Store store;
  VersionClock clock;

  Shared(Identity who, std::uint64_t start_epoch, replica::StoreLimits store_limits, Timing timing_constants)
      : identity(std::move(who)), timing(timing_constants), store(store_limits), clock(identity.node, start_epoch) {}

  /// Merges and lets the clock see the version.
  replica::Merged merge(const wire::Entry& entry, replica::Origin origin, TimePoint now) {
    clock.observe(entry.version);
    return store.merge(entry, origin, now);
  }
};

}  // namespace tandem::sync
