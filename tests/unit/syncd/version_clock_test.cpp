#include <doctest/doctest.h>

#include "syncd/core/version_clock.hpp"

using namespace tandem::sync;
using tandem::wire::Version;

TEST_CASE("every version is newer than all seen and all assigned") {
  VersionClock clock("lb1", 100);
  Version last = clock.next();
  CHECK(last == Version{100, 1, "lb1"});
  for (const Version& seen : {Version{100, 50, "lb2"}, Version{100, 3, "lb2"}, Version{99, 999, "lb2"},
                              Version{200, 7, "lb2"}, Version{100, 5000, "lb2"}, Version{200, 7, "zz"}}) {
    clock.observe(seen);
    const Version next = clock.next();
    CHECK(next > seen);
    CHECK(next > last);
    last = next;
  }
  CHECK(last.epoch == 200);
}

TEST_CASE("a later start outranks what an earlier one assigned, even unseen") {
  VersionClock before("lb1", 100);
  for (int i = 0; i < 1000; ++i) (void)before.next();
  VersionClock after("lb1", 101);
  CHECK(after.next() > before.latest());
}
