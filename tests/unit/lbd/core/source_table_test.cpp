#include "lbd/core/sticky/source_table.hpp"

#include <doctest/doctest.h>

#include <map>

#include "lbd/core/rng.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

IpAddress address(std::uint32_t number) {
  return IpAddress::v4({10, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                        static_cast<std::uint8_t>(number)});
}

}  // namespace

TEST_CASE("a binding lives for its time, extended by use but not at each use") {
  SourceTable table(10, 80s, 1);
  CHECK_FALSE(table.find(address(1), start));
  table.bind(address(1), 7, start);
  auto hit = table.find(address(1), start + 10s);
  REQUIRE(hit);
  CHECK(hit->backend_identity == 7);
  CHECK_FALSE(hit->refreshed);                               // ttl/8 = 10 s
  CHECK(table.find(address(1), start + 11s)->refreshed);     // now until 91 s
  CHECK_FALSE(table.find(address(1), start + 12s)->refreshed);
  CHECK(table.find(address(1), start + 90s)->refreshed);     // now until 170 s
  CHECK_FALSE(table.find(address(1), start + 170s));
  CHECK(table.size() == 0);
  table.bind(address(1), 7, start);
  table.bind(address(1), 8, start + 1s);
  CHECK(table.find(address(1), start + 2s)->backend_identity == 8);
  CHECK(table.size() == 1);
  CHECK_FALSE(table.find(IpAddress::v6({10, 0, 0, 1}), start));
}

TEST_CASE("a full table gives up its oldest entry and counts it") {
  SourceTable table(3, 80s, 1);
  for (std::uint32_t i = 0; i < 3; ++i) table.bind(address(i), i, start + i * 1s);
  CHECK(table.find(address(0), start + 20s)->refreshed);  // 1 is the oldest now
  table.bind(address(9), 9, start + 21s);
  CHECK(table.evictions() == 1);
  CHECK(table.size() == 3);
  CHECK_FALSE(table.find(address(1), start + 21s));
  CHECK(table.find(address(0), start + 21s));
  // An expired entry makes room without a loss.
  table.bind(address(10), 10, start + 83s);
  CHECK(table.evictions() == 1);
  CHECK_FALSE(table.find(address(2), start + 83s));
}

TEST_CASE("learned bindings do not shorten a younger one") {
  SourceTable table(4, 80s, 1);
  table.bind(address(1), 7, start);
  table.learn(address(1), 8, 70s, start);
  CHECK(table.find(address(1), start)->backend_identity == 7);
  table.learn(address(1), 8, 80s, start + 1s);
  CHECK(table.find(address(1), start + 1s)->backend_identity == 8);
  table.learn(address(2), 5, 1000s, start);  // never longer than the ttl
  CHECK_FALSE(table.find(address(2), start + 80s));
  table.learn(address(3), 5, 30s, start);
  CHECK_FALSE(table.find(address(3), start + 30s));
  table.learn(address(1), 0, 0s, start + 2s);
  CHECK_FALSE(table.find(address(1), start + 2s));
  // One with little life left is the first to go, though it came last.
  SourceTable small(2, 80s, 1);
  small.bind(address(1), 1, start);
  small.learn(address(2), 2, 5s, start);
  small.bind(address(3), 3, start + 1s);
  CHECK(small.find(address(1), start + 1s));
  CHECK_FALSE(small.find(address(2), start + 1s));
}

TEST_CASE("visiting: the living ones, oldest first") {
  SourceTable table(4, 80s, 1);
  table.bind(address(1), 1, start);
  table.bind(address(2), 2, start + 10s);
  table.bind(address(3), 3, start + 20s);
  std::vector<std::uint64_t> seen;
  std::vector<Duration> left;
  table.for_each(start + 85s, [&](const IpAddress&, std::uint64_t identity, Duration time_left) {
    seen.push_back(identity);
    left.push_back(time_left);
  });
  CHECK(seen == std::vector<std::uint64_t>{2, 3});
  CHECK(left == std::vector<Duration>{5s, 15s});
}

TEST_CASE("against a plain map, over many random steps") {
  struct Known { std::uint64_t identity; TimePoint expires; };
  for (const std::uint32_t capacity : {1u, 5u, 300u}) {
    SourceTable table(capacity, 80s, 99);
    std::map<IpAddress, Known> model;
    Rng rng(capacity);
    TimePoint now = start;
    for (int step = 0; step < 20000; ++step) {
      now += std::chrono::milliseconds(rng.below(200));
      const IpAddress source = address(rng.below(400));
      switch (rng.below(4)) {
        case 0:
          table.bind(source, static_cast<std::uint64_t>(step), now);
          model[source] = {static_cast<std::uint64_t>(step), now + 80s};
          break;
        case 1:
          table.erase(source);
          model.erase(source);
          break;
        default:
          // What is found is what was bound and has not expired; what was evicted may be missing.
          if (const auto hit = table.find(source, now)) {
            REQUIRE(model.count(source) == 1);
            REQUIRE(model[source].identity == hit->backend_identity);
            REQUIRE(model[source].expires > now);
            if (hit->refreshed) model[source].expires = now + 80s;
          } else if (capacity == 300 && table.evictions() == 0) {
            REQUIRE((model.count(source) == 0 || model[source].expires <= now));
          }
      }
      REQUIRE(table.size() <= capacity);
    }
  }
}
