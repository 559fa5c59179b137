#include "tests/sim/vrrpd/invariants.hpp"

#include <algorithm>
#include <utility>

namespace tandem::vrrp::sim {
namespace {

constexpr Duration advert_interval = Settings{}.advert_interval;
constexpr Duration heartbeat_period = milliseconds(100);

// What a node has heard of its peer's heartbeat holds for three periods. Then it gives up, by policy `preferred`; or it
// heard that the preferred one owns, and waits an interval for the adverts.
constexpr Duration to_give_up = 3 * heartbeat_period + advert_interval;
// Two owners that hear each other: the next advert decides, and two may be lost; or the next heartbeat, and that interval.
constexpr Duration to_decide = advert_interval * 7 / 2;
// By policy `preferred` the preferred node waits until its peer is gone, for six periods, and asks each eighth of an
// interval; who was late listens for an interval first.
constexpr Duration to_own = 6 * heartbeat_period + advert_interval * 9 / 8;
// An owner that alone sees no witness gives up last of all, and the other one takes over.
constexpr Duration to_settle = witness_patience + long_silence + to_own;

}  // namespace

Invariants::Invariants(Simulation& simulation, SplitPolicy policy)
    : simulation_(simulation), policy_(policy), disturbed_at_(simulation.now()) {
  simulation_.after_event = [this] { check(); };
}

void Invariants::disturbed() { disturbed_at_ = simulation_.now(); }

void Invariants::check() {
  if (!failure_.empty()) return;
  check_two_owners();
  check_unowned();
  check_flap();
}

bool Invariants::owns(int node) const { return simulation_.answers(node) && simulation_.state(node) == State::active; }

// Two lost adverts in a row are nothing; of heartbeats TCP loses none.
bool Invariants::adverts_arrive(int from) const {
  const Wire& lan = simulation_.wire;
  return !lan.cut_from[static_cast<std::size_t>(from)] && (lan.loss == 0 || lan.max_consecutive_losses <= 2);
}

bool Invariants::heartbeats_arrive(int from) const { return simulation_.sync_passes(from) && simulation_.sync.loss == 0; }

bool Invariants::hear_each_other() const {
  return (adverts_arrive(0) && adverts_arrive(1)) || (heartbeats_arrive(0) && heartbeats_arrive(1));
}

Duration Invariants::ways() const { return simulation_.wire.max_delay + simulation_.sync.max_delay; }

void Invariants::check_two_owners() {
  const bool both = owns(0) && owns(1);
  if (policy_ == SplitPolicy::preferred) {
    if (!both) two_own_since_.reset();
    else if (!two_own_since_) two_own_since_ = simulation_.now();
    if (both && simulation_.now() - *two_own_since_ > to_give_up + ways()) failure_ = "policy preferred: two owners";
  } else if (lasted(both && hear_each_other(), two_own_since_) > to_decide + ways()) {
    failure_ = "two owners hear each other";
  }
}

bool Invariants::should_own(int node) const {
  if (!simulation_.acts(node) || simulation_.blind[static_cast<std::size_t>(node)]) return false;
  if (simulation_.router(node).fault() != Fault::none) return false;
  if (policy_ == SplitPolicy::availability || node == 0) return true;
  return simulation_.acts(0) && heartbeats_arrive(0);
}

// The LAN was silent while the peer still spoke: its word is awaited on syncd's way round, and no longer.
bool Invariants::awaits_word(int node) const {
  return simulation_.router(node).held() && simulation_.router(node).verdict().reason == Reason::peer_lives;
}

void Invariants::check_unowned() {
  const bool answered = simulation_.answers(0) || simulation_.answers(1);
  const auto should = [this](int node) { return should_own(node); };
  const auto could = [this](int node) { return should_own(node) && !awaits_word(node); };
  const Duration bound = to_own + ways();
  const bool late = lasted(!answered && (could(0) || could(1)), unowned_since_) > bound;
  const bool too_patient = lasted(!answered && (should(0) || should(1)), awaiting_since_) > way_round + bound;
  if (late || too_patient) failure_ = "nobody owns, though a node should";
}

void Invariants::check_flap() {
  for (const int node : {0, 1}) {
    const int changes = simulation_.changes(node);
    if (changes == std::exchange(changes_[static_cast<std::size_t>(node)], changes)) continue;
    const Cause cause = simulation_.cause(node);
    if (cause == Cause::preempting || cause == Cause::higher_priority) continue;
    if (simulation_.now() - disturbed_at_ > to_settle) failure_ = "a flap: " + std::string(to_string(cause));
  }
}

Duration Invariants::lasted(bool wrong, std::optional<TimePoint>& since) const {
  if (!wrong) since.reset();
  else if (!since) since = simulation_.now();
  return wrong ? simulation_.now() - std::max(*since, disturbed_at_) : Duration::zero();
}

}  // namespace tandem::vrrp::sim
