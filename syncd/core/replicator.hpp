// One syncd without its sockets: the store, the session with the peer, the sessions of the local clients.
//
// Pure and instantiable: tests run whole pairs of these in one process. The shell connects sessions to sockets,
// calls tick() about every 50 ms and at peer().deadline(), and after every receive() asks all sessions to produce().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syncd/core/feed_session.hpp"
#include "syncd/core/peer_session.hpp"
#include "syncd/core/shared.hpp"

namespace tandem::sync {

/// Whether this node has all that the pair knows, and why (`GET /v1/status` of syncd).
struct InSync {
  bool yes = false;
  std::string reason;
  bool operator==(const InSync&) const = default;
};

struct Lag {
  std::size_t entries = 0;  // that the peer may not have
  Duration oldest = Duration::zero();
};

class Replicator {
 public:
  /// `start_epoch`: see VersionClock. `now` is the start.
  Replicator(Identity identity, std::uint64_t start_epoch, TimePoint now, replica::StoreLimits limits = {},
             Timing timing = {});

  PeerSession& peer() { return peer_; }
  [[nodiscard]] const PeerSession& peer() const { return peer_; }

  /// A client has connected; the session lives until remove_client(). The id is never used twice.
  std::uint32_t add_client();
  FeedSession& client(std::uint32_t id);
  void remove_client(std::uint32_t id);
  /// Names of the clients that have said hello, sorted.
  [[nodiscard]] std::vector<std::string> clients() const;

  /// Ends what has expired.
  void tick(TimePoint now);

  [[nodiscard]] InSync in_sync(TimePoint now) const;
  [[nodiscard]] Lag lag(TimePoint now) const;
  [[nodiscard]] const replica::Store& store() const { return shared_.store; }
  [[nodiscard]] const Identity& identity() const { return shared_.identity; }

 private:
  Shared shared_;
  TimePoint started_;
  PeerSession peer_;
  std::map<std::uint32_t, std::unique_ptr<FeedSession>> clients_;
  std::uint32_t last_origin_ = PeerSession::origin;
};

}  // namespace tandem::sync
