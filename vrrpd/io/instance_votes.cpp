// The voices that speak about one virtual address, collected and obeyed.
#include "common/io/clock.hpp"
#include "vrrpd/io/instance.hpp"

namespace tandem::vrrp {

Voices Instance::voices(TimePoint now) const {
  return {.active = router_.state() == State::active,
          .preferred = config_.virtual_address.preferred_node == config_.self.name,
          .sight = context_.voting.sight(),
          .long_lost = context_.voting.long_lost(),
          .peer = context_.voting.peer(name_hash_, now),
          .peer_gone = context_.voting.peer_gone(now),
          .epoch = router_.epoch(),
          .priority = router_.priority(),
          .beats_by_address = config_.self.address > config_.peer.address,
          // A foreign router has no vrrpd that could be heard: without this it would never be replaced.
          .policy = config_.virtual_address.foreign ? SplitPolicy::availability : context_.voting.policy()};
}

void Instance::cast_vote() {
  vote();
  arm();
}

// Without arm(): most callers go on to something that does, and a timer that is set to the past costs an interrupt.
void Instance::vote() {
  if (stopping_ || !leads()) return;
  go_quiet_if_late();
  const TimePoint now = io::now();
  Voices heard = voices(now);
  heard.peer_awaited = patience_.awaits(router_.verdict(), router_.held(), context_.voting.peer_heard(), now);
  heard.discredited = credit_.lost(heard, router_.held());
  const Actions actions = router_.vote(decide(heard), context_.voting.peer_epoch(name_hash_), now);
  if (!actions.empty()) group_->perform(actions);
  if (router_.held() == held_reported_) return;
  held_reported_ = router_.held();
  if (held_reported_) {
    const Reason reason = router_.verdict().reason;
    context_.events.add("held", name(), "the LAN is silent, but " + explain(reason, config_.peer.name) + "; to do: " +
                                            remedy(reason, name(), config_.self.name, config_.peer.name),
                        {{"reason", std::string(to_string(reason))}});
  } else if (router_.state() != State::active) {
    context_.events.add("no_longer_held", name(), "silence on the LAN is believed again, or is over");
  }
  context_.status_changed();
}

// The peer is there and waits, held by what this owner says over the sync link: its link-layer address may be another one.
bool Instance::unheard_by_peer() const {
  const auto peer = context_.voting.peer(name_hash_, io::now());
  return router_.state() == State::active && peer && peer->fit && !peer->owns && !peer->hears;
}

HeartbeatAddress Instance::heartbeat() const {
  const bool owns = router_.state() == State::active && !router_.is_late(io::now()) && !lease_.over();
  return {.name = name_hash_,
          .owns = owns,
          .fit = router_.fault() == Fault::none && !stopping_,
          .hears = router_.state() == State::backup && !router_.held(),
          .priority = router_.priority(),
          .epoch = router_.epoch()};
}

}  // namespace tandem::vrrp
