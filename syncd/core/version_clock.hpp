// Assigns versions: always newer than every version that this node has seen.
//
// Within an epoch it is a Lamport clock: the next sequence is one above the greatest seen. The first epoch is the
// node's start time, a hint only: it lets a node that starts with nothing outrank states that it has not been told yet.
// Should the wall clock have been set back, the greatest epoch seen is used instead, from the first contact on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/wire/replica.hpp"

namespace tandem::sync {

class VersionClock {
 public:
  VersionClock(std::string node, std::uint64_t start_epoch) : now_{start_epoch, 0, std::move(node)} {}

  /// Versions assigned from now on are newer than this one.
  void observe(const wire::Version& seen) {
    if (seen.epoch > now_.epoch) {
      now_.epoch = seen.epoch;
      now_.sequence = seen.sequence;
    } else if (seen.epoch == now_.epoch) {
      now_.sequence = std::max(now_.sequence, seen.sequence);
    }
  }

  wire::Version next() {
    ++now_.sequence;
    return now_;
  }

  /// The newest version seen or assigned.
  [[nodiscard]] const wire::Version& latest() const { return now_; }

 private:
  wire::Version now_;
};

}  // namespace tandem::sync
