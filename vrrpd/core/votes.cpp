#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {
namespace {

constexpr Verdict release(Reason reason) { return {.may_promote = false, .must_release = true, .reason = reason}; }
constexpr Verdict hold(Reason reason) { return {.may_promote = false, .must_release = false, .reason = reason}; }

// Policy `preferred`: always the preferred node. It owns without a word from its peer, and then does not know the peer's epoch:
// if each counted on its own, both would stay. Else of equal epochs and priorities the addresses decide.
bool peer_wins(const Voices& mine, const PeerVoice& theirs) {
  if (mine.policy == SplitPolicy::preferred) return !mine.preferred;
  if (theirs.epoch != mine.epoch) return theirs.epoch > mine.epoch;
  if (theirs.priority != mine.priority) return theirs.priority > mine.priority;
  return !mine.beats_by_address;
}

bool is_blind(const Voices& voices) { return voices.sight == Sight::lost && !voices.discredited; }

Verdict decide_owner(const Voices& voices) {
  const auto& peer = voices.peer;
  if (!peer) {
    if (is_blind(voices)) return release(Reason::isolated);
    if (voices.policy == SplitPolicy::preferred && !voices.preferred) return release(Reason::not_preferred);
    return {};
  }
  if (peer->owns && peer_wins(voices, *peer)) return release(Reason::outvoted);
  // Only for a peer that is better off: if both see nothing, a move would help nobody. While the peer hears this node it
  // may be lost packets, or the way to the witnesses alone.
  const bool cut_off = is_blind(voices) && (!peer->hears || voices.long_lost);
  if (cut_off && peer->fit && peer->sight == Sight::clear) return release(Reason::peer_sees);
  return {.contested = peer->owns};
}

Verdict promotion(const Voices& voices) {
  if (voices.peer ? voices.peer->owns : voices.peer_awaited) return hold(Reason::peer_lives);
  // Nobody owns, and nobody sees anything: then as usual.
  const bool both_blind = voices.preferred && voices.peer && voices.peer->sight != Sight::clear;
  if (is_blind(voices) && !both_blind) return hold(Reason::no_sight);
  if (voices.sight == Sight::doubtful) return hold(Reason::no_sight);
  if (voices.peer) return {};
  if (voices.policy != SplitPolicy::preferred) return {};
  if (!voices.preferred) return hold(Reason::not_preferred);
  return voices.peer_gone ? Verdict{} : hold(Reason::not_gone);
}

Verdict decide_backup(const Voices& voices) {
  Verdict verdict = promotion(voices);
  verdict.may_preempt = voices.sight != Sight::lost && voices.sight != Sight::doubtful;
  verdict.peer_owns = voices.peer && voices.peer->owns;
  verdict.peer_unfit = voices.peer && !voices.peer->owns && !voices.peer->fit;
  return verdict;
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::agreed: return "agreed";
    case Reason::peer_lives: return "peer_lives";
    case Reason::no_sight: return "no_sight";
    case Reason::not_gone: return "not_gone";
    case Reason::not_preferred: return "not_preferred";
    case Reason::peer_sees: return "peer_sees";
    case Reason::isolated: return "isolated";
    case Reason::outvoted: return "outvoted";
  }
  return "agreed";
}

Verdict decide(const Voices& voices) { return voices.active ? decide_owner(voices) : decide_backup(voices); }

bool PeerPatience::awaits(const Verdict& last, bool held, std::optional<TimePoint> heard, TimePoint now) {
  if (!held) held_since_.reset();
  else if (!held_since_) held_since_ = now;
  const bool lived = held_since_ && last.reason == Reason::peer_lives && heard && *heard > *held_since_;
  return lived && now < *heard + way_round;
}

bool WitnessCredit::lost(const Voices& voices, bool held) {
  const bool taken_over = voices.active && !active_;  // without sight: from one that was heard to leave, or by the operator
  active_ = voices.active;
  if (voices.sight != Sight::lost) lost_ = false;
  else if (taken_over) lost_ = true;
  else if (!voices.active && !held) lost_ = lost_ || voices.long_lost;  // an owner's adverts are heard
  else if (voices.active && voices.peer) lost_ = voices.long_lost && voices.peer->hears && voices.peer->sight != Sight::clear;
  return lost_;
}

}  // namespace tandem::vrrp
