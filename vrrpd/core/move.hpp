// Where an operator's failover may move a virtual address, as far as this node can know. Pure.
//
// The owner never loses the address by a move that nobody answers (make before break); the obstacles here are known
// before anything is tried, so that the operator learns the reason instead of waiting for a time-out.
#pragma once

#include <cstdint>
#include <optional>

#include "vrrpd/core/actions.hpp"

namespace tandem::vrrp {

/// Where the operator wants the address to be.
enum class MoveTarget : std::uint8_t {
  other,    // not named: away from its owner
  self,
  peer,
  unknown,  // a name that is neither
};

struct MoveSituation {
  State state = State::initialize;
  bool moving = false;          // a move of this address is not over yet
  bool peer_owns = false;       // by its adverts
  bool foreign = false;         // the other router is none of ours: syncd says nothing of it
  bool sync_available = false;  // syncd runs here and answers
  bool peer_connected = false;  // it has a link to the peer's
  bool in_sync = false;
  std::optional<bool> peer_fit;  // what the peer says of itself; nullopt: it was not heard
};

enum class Move : std::uint8_t { none, here, away };

enum class Obstacle : std::uint8_t {
  none,
  unknown_node,
  moving,
  unfit,         // this node has a fault
  not_owner,     // neither this node nor the peer is known to own it: there is nothing to hand over
  no_live_peer,  // syncd has no link to it
  peer_unfit,
  not_in_sync,   // the new owner would not know what the old one knows
};

struct MovePlan {
  Move move = Move::none;  // none without an obstacle: the address is there already
  Obstacle obstacle = Obstacle::none;
  bool operator==(const MovePlan&) const = default;
};

/// `force` overrules what is only believed of the peer: no_live_peer, peer_unfit, not_in_sync.
MovePlan plan_move(MoveTarget target, bool force, const MoveSituation& situation);

}  // namespace tandem::vrrp
