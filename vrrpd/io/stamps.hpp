// The numbers that make each authenticated advert a new one: of this node, and of the other one as far as heard.
//
// They lie on the HeldBoard's page, because the guard's adverts must be newer than all that the daemon sent.
// Written by the daemon's one thread while it lives, afterwards by the guard.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "vrrpd/core/trailer.hpp"

namespace tandem::vrrp {

class Stamps {
 public:
  /// Of a new life of vrrpd. `heard`: the highest stamp that earlier ones heard from the other node.
  void start(std::uint64_t session, const Stamp& heard) {
    session_ = session;
    counter_ = 0;
    heard_session_ = heard.session;
    heard_counter_ = heard.counter;
  }
  /// False before start(), and where nothing is authenticated.
  [[nodiscard]] bool started() const { return session_ != 0; }

  /// For the next advert, whichever virtual router's.
  Stamp next() { return {session_, ++counter_}; }
  [[nodiscard]] Stamp own() const { return {session_, counter_}; }
  [[nodiscard]] Stamp heard() const { return {heard_session_, heard_counter_}; }

  /// The other node sent an authentic advert. True if that is the first of a new session.
  bool note_heard(const Stamp& stamp) {
    const bool new_session = stamp.session > heard_session_;
    if (stamp <= heard()) return false;
    heard_session_ = stamp.session;
    heard_counter_ = stamp.counter;
    return new_session;
  }

  /// The other node has heard this from us, as an authentic advert says. True if we have never been that far: our
  /// numbers were lost, and a later session than the one that it knows begins.
  bool note_echo(const Stamp& known) {
    if (known <= own() || known.session == std::numeric_limits<std::uint64_t>::max()) return false;
    session_ = known.session + 1;
    counter_ = 0;
    return true;
  }

 private:
  // Atomic because two processes see them, not because they take turns.
  std::atomic<std::uint64_t> session_{0};
  std::atomic<std::uint64_t> counter_{0};
  std::atomic<std::uint64_t> heard_session_{0};
  std::atomic<std::uint64_t> heard_counter_{0};
};

}  // namespace tandem::vrrp
