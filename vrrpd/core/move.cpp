#include "vrrpd/core/move.hpp"

namespace tandem::vrrp {
namespace {

MovePlan refused(Obstacle obstacle) { return {.move = Move::none, .obstacle = obstacle}; }

MovePlan move_here(bool force, const MoveSituation& situation) {
  if (situation.state == State::active) return {};
  if (situation.state == State::initialize) return refused(Obstacle::unfit);
  if (!situation.foreign && !situation.in_sync && !force) return refused(Obstacle::not_in_sync);
  return {.move = Move::here};
}

MovePlan move_away(bool force, const MoveSituation& situation) {
  if (situation.state != State::active) return situation.peer_owns ? MovePlan{} : refused(Obstacle::not_owner);
  if (situation.foreign || force) return {.move = Move::away};
  if (situation.sync_available && !situation.peer_connected) return refused(Obstacle::no_live_peer);
  if (situation.peer_fit == false) return refused(Obstacle::peer_unfit);
  if (!situation.in_sync) return refused(Obstacle::not_in_sync);
  return {.move = Move::away};
}

}  // namespace

MovePlan plan_move(MoveTarget target, bool force, const MoveSituation& situation) {
  if (target == MoveTarget::unknown) return refused(Obstacle::unknown_node);
  if (situation.moving) return refused(Obstacle::moving);
  const bool here = target == MoveTarget::self || (target == MoveTarget::other && situation.state != State::active);
  return here ? move_here(force, situation) : move_away(force, situation);
}

}  // namespace tandem::vrrp
