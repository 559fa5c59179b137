#include "lbd/core/balance/balancer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numeric>

using namespace tandem;
using namespace tandem::lbd;
using config::Algorithm;

namespace {

constexpr Algorithm all_algorithms[] = {Algorithm::p2c, Algorithm::round_robin,
                                        Algorithm::least_connections, Algorithm::random};

struct Fixture {
  std::vector<BackendView> views;
  Balancer balancer;
  Rng rng{42};

  Fixture(Algorithm algorithm, std::vector<std::uint32_t> weights, std::uint64_t seed = 1)
      : balancer(algorithm, seed) {
    for (const std::uint32_t weight : weights) views.push_back({weight, 0});
    balancer.rebuild(views);
  }
  std::uint32_t pick(std::vector<std::uint32_t> exclude = {}) { return balancer.pick(rng, exclude); }
  void add(std::uint32_t index, std::int32_t by) {
    views[index].active += static_cast<std::uint32_t>(by);
    balancer.active_changed(index);
  }
  std::vector<double> shares(int picks) {
    std::vector<double> counts(views.size());
    for (int i = 0; i < picks; ++i) counts[pick()] += 1.0 / picks;
    return counts;
  }
};

}  // namespace

TEST_CASE("idle backends share by weight, with every algorithm") {
  for (const Algorithm algorithm : all_algorithms) {
    for (const std::vector<std::uint32_t>& weights :
         {std::vector<std::uint32_t>{1}, {1, 1}, {1, 1, 1, 1, 1}, {1, 2}, {5, 1, 1}, {0, 3, 1}, {1000, 1}, {7, 0, 0, 13}}) {
      CAPTURE(static_cast<int>(algorithm));
      CAPTURE(weights.size());
      Fixture fixture(algorithm, weights);
      const auto shares = fixture.shares(40000);
      const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        CHECK(std::abs(shares[i] - weights[i] / total) < 0.012);
        if (weights[i] == 0) CHECK(shares[i] == 0.0);
      }
    }
  }
}

TEST_CASE("under load active requests follow the weights") {
  // Requests stay for a while: each step starts one and ends the oldest one of 120.
  for (const Algorithm algorithm : {Algorithm::p2c, Algorithm::least_connections}) {
    CAPTURE(static_cast<int>(algorithm));
    Fixture fixture(algorithm, {1, 2, 3});
    std::vector<std::uint32_t> running;
    std::size_t oldest = 0;
    std::vector<double> sum(3);
    for (int step = 0; step < 20000; ++step) {
      running.push_back(fixture.pick());
      fixture.add(running.back(), 1);
      if (running.size() - oldest > 120) fixture.add(running[oldest++], -1);
      for (std::size_t i = 0; i < 3; ++i) sum[i] += fixture.views[i].active;
    }
    const double total = sum[0] + sum[1] + sum[2];
    for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(sum[i] / total - double(i + 1) / 6) < 0.02);
  }
}

TEST_CASE("least connections takes the least loaded, p2c never the more loaded of two") {
  Fixture least(Algorithm::least_connections, {1, 1, 4, 1});
  least.add(0, 3);
  least.add(1, 2);
  least.add(2, 5);
  least.add(3, 9);
  CHECK(least.pick() == 2);       // 5/4 is less than 2/1
  CHECK(least.pick({2}) == 1);
  CHECK(least.pick({2, 1}) == 0);
  CHECK(least.pick({2, 1, 0}) == 3);
  CHECK(least.pick({0, 1, 2, 3}) == Balancer::none);
  CHECK(least.pick() == 2);       // exclusion left no trace
  least.add(3, -9);
  CHECK(least.pick() == 3);

  Fixture two(Algorithm::p2c, {1, 1});
  two.add(0, 1);
  for (int i = 0; i < 100; ++i) CHECK(two.pick() == 1);
  Fixture three(Algorithm::p2c, {1, 1, 1});
  three.add(1, 5);
  for (int i = 0; i < 200; ++i) CHECK(three.pick() != 1);
}

TEST_CASE("least connections agrees with a scan over thousands of random steps") {
  Rng rng(9);
  Fixture fixture(Algorithm::least_connections, {3, 1, 2, 5, 1, 1, 7});
  for (int step = 0; step < 20000; ++step) {
    const std::uint32_t index = rng.below(7);
    if (fixture.views[index].active > 0 && rng.below(2) == 0) fixture.add(index, -1);
    const std::uint32_t picked = fixture.pick();
    for (const BackendView& view : fixture.views) {
      REQUIRE(std::uint64_t{fixture.views[picked].active} * view.weight <=
              std::uint64_t{view.active} * fixture.views[picked].weight);
    }
    fixture.add(picked, 1);
  }
}

TEST_CASE("round robin is smooth") {
  Fixture equal(Algorithm::round_robin, {1, 1, 1, 1});
  std::vector<std::uint32_t> first;
  for (int i = 0; i < 4; ++i) first.push_back(equal.pick());
  for (int i = 0; i < 40; ++i) CHECK(equal.pick() == first[static_cast<std::size_t>(i % 4)]);

  // Over any window of one full turn the counts are within one of the weights.
  Fixture weighted(Algorithm::round_robin, {5, 1, 1});
  std::vector<std::uint32_t> picks;
  for (int i = 0; i < 700; ++i) picks.push_back(weighted.pick());
  for (std::size_t from = 0; from + 7 <= picks.size(); ++from) {
    std::array<int, 3> counts{};
    for (std::size_t i = from; i < from + 7; ++i) ++counts[picks[i]];
    CHECK(std::abs(counts[0] - 5) <= 1);
    CHECK(std::abs(counts[1] - 1) <= 1);
    CHECK(std::abs(counts[2] - 1) <= 1);
  }
  // A backend that was passed over has its turn as soon as it is allowed again.
  Fixture passed(Algorithm::round_robin, {1, 1, 1});
  std::map<std::uint32_t, int> counts;
  for (int i = 0; i < 2; ++i) ++counts[passed.pick({0})];
  CHECK(counts.count(0) == 0);
  CHECK(passed.pick() == 0);
}

TEST_CASE("workers with other seeds start elsewhere") {
  for (const Algorithm algorithm : {Algorithm::round_robin, Algorithm::least_connections}) {
    std::map<std::uint32_t, int> first;
    for (std::uint64_t seed = 0; seed < 64; ++seed) ++first[Fixture(algorithm, {1, 1, 1, 1}, seed).pick()];
    CHECK(first.size() == 4);
  }
}

TEST_CASE("exclusion and nothing to choose from") {
  for (const Algorithm algorithm : all_algorithms) {
    CAPTURE(static_cast<int>(algorithm));
    CHECK(Fixture(algorithm, {}).pick() == Balancer::none);
    CHECK(Fixture(algorithm, {0, 0}).pick() == Balancer::none);
    CHECK(Fixture(algorithm, {1}).pick({0}) == Balancer::none);
    Fixture skewed(algorithm, {1000, 1, 0});
    for (int i = 0; i < 200; ++i) {
      CHECK(skewed.pick({0}) == 1);
      CHECK(skewed.pick({0, 1}) == Balancer::none);
      CHECK(skewed.pick({1, 7}) == 0);  // an index that is gone by now does no harm
    }
    CHECK(skewed.balancer.eligible() == 2);
    // The set shrinks and grows again.
    skewed.views = {{1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}};
    skewed.balancer.rebuild(skewed.views);
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 500; ++i) ++counts[skewed.pick()];
    CHECK(counts.size() == 5);
    skewed.views.resize(1);
    skewed.balancer.rebuild(skewed.views);
    CHECK(skewed.pick() == 0);
    skewed.balancer.active_changed(4);  // late news of a backend that left
    CHECK(skewed.pick() == 0);
  }
}

TEST_CASE("the generator is uniform enough and repeatable") {
  Rng a(5);
  Rng b(5);
  for (int i = 0; i < 100; ++i) CHECK(a.next() == b.next());
  std::array<int, 10> counts{};
  for (int i = 0; i < 100000; ++i) ++counts[a.below(10)];
  for (const int count : counts) CHECK(std::abs(count - 10000) < 500);
}
