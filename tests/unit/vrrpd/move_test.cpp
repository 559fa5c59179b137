#include "vrrpd/core/move.hpp"

#include <doctest/doctest.h>

namespace tandem::vrrp {
namespace {

MoveSituation owner() {
  return {.state = State::active, .sync_available = true, .peer_connected = true, .in_sync = true, .peer_fit = true};
}

MoveSituation backup() {
  MoveSituation situation = owner();
  situation.state = State::backup;
  situation.peer_owns = true;
  return situation;
}

MoveSituation but(MoveSituation situation, void (*change)(MoveSituation&)) {
  change(situation);
  return situation;
}

constexpr MovePlan there{};
constexpr MovePlan here{.move = Move::here};
constexpr MovePlan away{.move = Move::away};

MovePlan no(Obstacle obstacle) { return {.move = Move::none, .obstacle = obstacle}; }

TEST_CASE("move: every target from every state of a healthy pair") {
  struct Row {
    const char* what;
    MoveTarget target;
    MoveSituation situation;
    MovePlan plan;
  };
  const MoveSituation unfit = but(backup(), [](MoveSituation& s) { s.state = State::initialize; });
  const MoveSituation alone = but(backup(), [](MoveSituation& s) { s.peer_owns = false; });
  const Row rows[] = {
      {"owner, to the other", MoveTarget::other, owner(), away},
      {"owner, to itself", MoveTarget::self, owner(), there},
      {"owner, to the peer", MoveTarget::peer, owner(), away},
      {"backup, to the other", MoveTarget::other, backup(), here},
      {"backup, to itself", MoveTarget::self, backup(), here},
      {"backup, to the peer who owns", MoveTarget::peer, backup(), there},
      {"backup of nobody, to itself", MoveTarget::self, alone, here},
      {"backup of nobody, to the peer", MoveTarget::peer, alone, no(Obstacle::not_owner)},
      {"unfit, to the other", MoveTarget::other, unfit, no(Obstacle::unfit)},
      {"unfit, to itself", MoveTarget::self, unfit, no(Obstacle::unfit)},
      {"unfit, to the peer who owns", MoveTarget::peer, unfit, there},
      {"owner, to a stranger", MoveTarget::unknown, owner(), no(Obstacle::unknown_node)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(plan_move(row.target, false, row.situation) == row.plan);
  }
}

TEST_CASE("move: what is in the way, and what force overrules") {
  struct Row {
    const char* what;
    void (*change)(MoveSituation&);
    Obstacle away;
    Obstacle here;
    bool yields_to_force;
  };
  const Row rows[] = {
      {"not in sync", [](MoveSituation& s) { s.in_sync = false; }, Obstacle::not_in_sync, Obstacle::not_in_sync, true},
      {"no link to the peer", [](MoveSituation& s) { s.peer_connected = false; }, Obstacle::no_live_peer, Obstacle::none, true},
      {"the peer is unfit", [](MoveSituation& s) { s.peer_fit = false; }, Obstacle::peer_unfit, Obstacle::none, true},
      {"the peer says nothing", [](MoveSituation& s) { s.peer_fit.reset(); }, Obstacle::none, Obstacle::none, true},
      {"syncd is dead", [](MoveSituation& s) { s.sync_available = s.peer_connected = s.in_sync = false; },
       Obstacle::not_in_sync, Obstacle::not_in_sync, true},
      {"a foreign router", [](MoveSituation& s) { s.foreign = true; s.in_sync = s.peer_connected = false; }, Obstacle::none,
       Obstacle::none, true},
      {"moving already", [](MoveSituation& s) { s.moving = true; }, Obstacle::moving, Obstacle::moving, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(plan_move(MoveTarget::other, false, but(owner(), row.change)).obstacle == row.away);
    CHECK(plan_move(MoveTarget::other, false, but(backup(), row.change)).obstacle == row.here);
    if (row.yields_to_force) {
      CHECK(plan_move(MoveTarget::peer, true, but(owner(), row.change)) == away);
      CHECK(plan_move(MoveTarget::self, true, but(backup(), row.change)) == here);
    } else {
      CHECK(plan_move(MoveTarget::peer, true, but(owner(), row.change)).obstacle == row.away);
    }
  }
}

}  // namespace
}  // namespace tandem::vrrp
