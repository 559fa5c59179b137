// Proof against split brain: what the voices of a node say together about one virtual address. Pure.
//
// Three voices: the adverts on the LAN (their silence is the state machine's Active_Down_Timer), the peer's heartbeat over
// the sync link, and the witnesses (hosts on the LAN that answer while this node is part of it). Silence on the LAN alone
// is no death: a filter, a broken multicast path or a one-way loss looks the same. So a Backup asks the other voices
// before it believes in silence, and an owner that is cut off gives up by itself.
//
// What no voice can tell: both links cut, both nodes see their witnesses (the peer may be dead, or alive and serving).
// There the policy decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/time.hpp"
#include "vrrpd/core/policy.hpp"

namespace tandem::vrrp {

/// Whether the node sees its LAN, by its witnesses.
enum class Sight : std::uint8_t {
  unknown,   // no witnesses are configured, or they have not been asked long enough
  clear,     // at least one answers
  doubtful,  // none has answered for a little while: no moment to take anything over
  lost,      // none answers any more
};

/// For the undecidable case.
enum class SplitPolicy : std::uint8_t {
  availability,  // whoever hears nobody owns: as plain VRRP does; both may, if both links are cut
  preferred,     // without a word from the peer only the preferred node owns: the address may be down, never doubled
};

/// What the peer's heartbeat says of the same virtual address.
struct PeerVoice {
  bool owns = false;   // is Active and in time with its adverts
  bool fit = false;    // has no fault
  bool hears = false;  // is Backup and hears an owner's adverts
  Sight sight = Sight::unknown;
  std::uint64_t epoch = 0;
  std::uint8_t priority = 0;
};

/// Silence of the witnesses that is no lost packet, though the peer hears this node.
inline constexpr Duration long_silence = std::chrono::seconds(2);

/// What syncd may need from a dead sync link to its way round over the LAN, and to be heard there.
inline constexpr Duration way_round = std::chrono::seconds(2);

struct Voices {
  bool active = false;     // this node owns the address
  bool preferred = false;  // ... and is the preferred one
  Sight sight = Sight::unknown;
  bool long_lost = false;  // `sight` is lost for long_silence
  bool discredited = false;  // the witnesses are (WitnessCredit): their silence proves nothing
  std::optional<PeerVoice> peer;  // nullopt: no fresh heartbeat
  bool peer_gone = true;   // ... for so long that a peer which hears nothing either has given up by now
  bool peer_awaited = false;  // Backup: the LAN was silent, and the peer lived by its own word, until less than way_round ago
  std::uint64_t epoch = 0;
  std::uint8_t priority = 0;
  bool beats_by_address = false;  // the last tie-breaker: the greater address
  SplitPolicy policy = SplitPolicy::availability;
};

/// Why the votes are as they are; in events, metrics and the status.
enum class Reason : std::uint8_t {
  agreed,         // nothing speaks against what the adverts say
  peer_lives,     // Backup: the LAN is silent, but the peer says that it owns, or just did: the path of the adverts is broken
  no_sight,       // Backup: no witness answers here: this node is (doubtful: may be) the one that is cut off
  not_gone,       // policy `preferred`: this is the preferred node, but the other may not have given up yet
  not_preferred,  // policy `preferred`: nothing is heard from the peer, and this is not the preferred node
  peer_sees,      // owner: no witness answers here, but the peer sees them and is fit
  isolated,       // owner: no witness answers, and nothing is heard from the peer
  outvoted,       // owner: the peer owns too, with the newer epoch; policy `preferred`: and is the preferred one
};
/// "agreed", "peer_lives", …
std::string_view to_string(Reason reason);

struct Verdict {
  bool may_promote = true;    // Backup: silence on the LAN may be believed
  bool may_preempt = true;    // Backup: this node sees its LAN, as far as it knows
  bool must_release = false;  // owner: give the address up at once
  Reason reason = Reason::agreed;
  bool contested = false;     // owner: the peer owns too, and will give up
  bool peer_owns = false;     // Backup: the peer says that it owns
  bool peer_unfit = false;    // Backup: the peer says that it neither owns nor could
  bool operator==(const Verdict&) const = default;
};

Verdict decide(const Voices& voices);

/// A peer that spoke over the sync link while the LAN was silent already: the voices of a node that dies end together, so this one
/// has not died, and if it falls silent there, too, syncd may be on its way round.
class PeerPatience {
 public:
  /// To be asked before each decision: Voices::peer_awaited. `last`: the verdict before; `held`: Fsm::held(); `heard`:
  /// PeerHeartbeat::heard().
  bool awaits(const Verdict& last, bool held, std::optional<TimePoint> heard, TimePoint now);

 private:
  std::optional<TimePoint> held_since_;
};

/// Witnesses that are silent although this node is on the LAN beyond doubt (the nodes hear each other there) are gone
/// themselves. What they do not say proves nothing, also when the peer dies, until one answers again.
class WitnessCredit {
 public:
  /// To be asked before each decision: Voices::discredited. `held`: Fsm::held().
  bool lost(const Voices& voices, bool held);

 private:
  bool lost_ = false;
  bool active_ = false;  // at the last question
};

}  // namespace tandem::vrrp
