#include <doctest/doctest.h>

#include <array>

#include "vrrpd/core/restore_pace.hpp"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint start{std::chrono::hours(1)};

// Removed again as soon as it is put back: the pauses from now on.
template <std::size_t count>
std::array<Duration, count> pauses(RestorePace& pace, TimePoint now) {
  std::array<Duration, count> out;
  for (Duration& pause : out) {
    const TimePoint due = pace.removed(now);
    pause = due - now;
    now = due;
  }
  return out;
}

TEST_CASE("an address is put back at once, and ever later while somebody removes it again") {
  RestorePace pace;
  const std::array<Duration, 7> expected{milliseconds(0),  milliseconds(4),  milliseconds(8), milliseconds(16),
                                         milliseconds(32), milliseconds(50), milliseconds(50)};
  CHECK(pauses<7>(pace, start) == expected);
}

TEST_CASE("peace since it was put back, not since it was removed, makes the next removal a new one") {
  struct Row {
    Duration after;  // the second restoration
    Duration pause;
  };
  const Row rows[] = {{milliseconds(0), milliseconds(8)},
                      {milliseconds(500), milliseconds(8)},
                      {RestorePace::peace - Duration(1), milliseconds(8)},
                      {RestorePace::peace, milliseconds(0)},
                      {std::chrono::hours(1), milliseconds(0)}};
  for (const Row& row : rows) {
    RestorePace pace;
    const TimePoint restored = pace.removed(pace.removed(start));
    const TimePoint removed = restored + row.after;
    CHECK(pace.removed(removed) - removed == row.pause);
  }
}

TEST_CASE("whoever fights all day is answered twenty times a second at most, once the first pauses are over") {
  RestorePace pace;
  TimePoint now = start;
  int restorations = 0;
  while (now < start + std::chrono::seconds(10)) {
    now = pace.removed(now);
    ++restorations;
  }
  CHECK(restorations <= 5 + 10 * 20);
  CHECK(restorations >= 10 * 20);
}

}  // namespace
}  // namespace tandem::vrrp
