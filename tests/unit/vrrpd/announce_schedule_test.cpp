#include "vrrpd/core/announce_schedule.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
const TimePoint start{std::chrono::hours(1)};

TEST_CASE("announcements: 0, 20, 100, 300 ms, 1.2 s, 5 s, then every 60 s") {
  AnnounceSchedule schedule;
  CHECK_FALSE(schedule.deadline());
  schedule.start(start);
  std::vector<std::int64_t> sent;
  while (sent.size() < 8) {
    const TimePoint due = *schedule.deadline();
    CHECK_FALSE(schedule.take_due(due - Duration(1)));
    REQUIRE(schedule.take_due(due));
    sent.push_back(std::chrono::duration_cast<milliseconds>(due - start).count());
  }
  CHECK(sent == std::vector<std::int64_t>{0, 20, 100, 300, 1200, 5000, 65000, 125000});
}

TEST_CASE("announcements: missed steps are merged") {
  AnnounceSchedule schedule;
  schedule.start(start);
  REQUIRE(schedule.take_due(start + milliseconds(150)));
  CHECK(*schedule.deadline() == start + milliseconds(300));
}

TEST_CASE("announcements: start begins anew, stop ends") {
  AnnounceSchedule schedule;
  schedule.start(start);
  schedule.take_due(start + milliseconds(2000));
  schedule.start(start + milliseconds(2500));
  REQUIRE(schedule.take_due(start + milliseconds(2500)));
  CHECK(*schedule.deadline() == start + milliseconds(2520));
  schedule.stop();
  CHECK_FALSE(schedule.deadline());
  CHECK_FALSE(schedule.take_due(start + std::chrono::hours(1)));
}

}  // namespace
}  // namespace tandem::vrrp
