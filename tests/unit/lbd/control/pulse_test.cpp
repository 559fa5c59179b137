#include "lbd/control/pulse.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tandem::lbd;

TEST_CASE("the pulse is felt only while every worker answers") {
  std::vector<std::uint64_t> asked;
  Pulse pulse(2, [&asked](const Ping& ping) { asked.push_back(ping.round); });

  CHECK(pulse.beat());
  CHECK(asked == std::vector<std::uint64_t>{1});
  pulse.answered({0, 1});
  CHECK_FALSE(pulse.beat());
  CHECK(pulse.silent() == 1);
  CHECK(asked.size() == 1);  // a worker that hangs is not sent more and more

  pulse.answered({1, 1});
  CHECK(pulse.beat());
  CHECK(asked == std::vector<std::uint64_t>{1, 2});
  pulse.answered({0, 2});
  pulse.answered({1, 1});  // late, and not what was asked
  CHECK_FALSE(pulse.beat());
  pulse.answered({1, 2});
  CHECK(pulse.beat());
}

TEST_CASE("the answer of a worker that does not exist changes nothing") {
  Pulse pulse(1, [](const Ping&) {});
  CHECK(pulse.beat());
  pulse.answered({7, 1});
  CHECK_FALSE(pulse.beat());
}
