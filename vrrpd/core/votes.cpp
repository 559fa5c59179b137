#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {
namespace {

constexpr Verdict release(Reason reason) { return {.may_promote = false, .must_release = true, .reason = reason}; }
constexpr Verdict hold(Reason reason) { return {.may_promote = false, .must_release = false, .reason = reason}; }

// Of equal epochs and priorities the addresses decide.
bool peer_wins(const Voices& mine, const PeerVoice& theirs) {
  if (theirs.epoch != mine.epoch) return theirs.epoch > mine.epoch;
  if (theirs.priority != mine.priority) return theirs.priority > mine.priority;
  return !mine.beats_by_address;
}

Verdict decide_owner(const Voices& voices) {
  const auto& peer = voices.peer;
  if (!peer) {
    if (voices.sight == Sight::lost) return release(Reason::isolated);
    if (voices.policy == SplitPolicy::preferred && !voices.preferred) return release(Reason::not_preferred);
    return {};
  }
  if (peer->owns && peer_wins(voices, *peer)) return release(Reason::outvoted);
  // Only for a peer that is better off: if both see nothing, a move would help nobody.
  if (voices.sight == Sight::lost && peer->fit && peer->sight == Sight::clear) return release(Reason::peer_sees);
  return {.contested = peer->owns};
}

Verdict decide_backup(const Voices& voices) {
  if (voices.sight == Sight::lost) return hold(Reason::no_sight);
  if (voices.peer) return voices.peer->owns ? hold(Reason::peer_lives) : Verdict{};
  if (voices.policy == SplitPolicy::preferred && !voices.preferred) return hold(Reason::not_preferred);
  return {};
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::agreed: return "agreed";
    case Reason::peer_lives: return "peer_lives";
    case Reason::no_sight: return "no_sight";
    case Reason::not_preferred: return "not_preferred";
    case Reason::peer_sees: return "peer_sees";
    case Reason::isolated: return "isolated";
    case Reason::outvoted: return "outvoted";
  }
  return "agreed";
}

Verdict decide(const Voices& voices) { return voices.active ? decide_owner(voices) : decide_backup(voices); }

}  // namespace tandem::vrrp
