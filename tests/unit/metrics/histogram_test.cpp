#include "common/metrics/histogram.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace tandem;
using namespace tandem::metrics;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_CASE("bounds: two per doubling, from 50 µs to beyond a minute") {
  CHECK(histogram_bound(0) == microseconds(50));
  CHECK(histogram_bound(1) == microseconds(75));
  CHECK(histogram_bound(2) == microseconds(100));
  CHECK(histogram_bound(3) == microseconds(150));
  CHECK(histogram_bound(10) == microseconds(1600));
  CHECK(histogram_bound(histogram_bounds - 1) > seconds(60));
  for (std::size_t i = 1; i < histogram_bounds; ++i) CHECK(histogram_bound(i) > histogram_bound(i - 1));
}

TEST_CASE("a latency belongs to the first bucket whose bound it does not exceed") {
  CHECK(histogram_bucket(nanoseconds(-5)) == 0);
  CHECK(histogram_bucket(nanoseconds(0)) == 0);
  for (std::size_t i = 0; i < histogram_bounds; ++i) {
    CAPTURE(i);
    CHECK(histogram_bucket(histogram_bound(i)) == i);
    CHECK(histogram_bucket(histogram_bound(i) + nanoseconds(1)) == i + 1);
  }
  CHECK(histogram_bucket(std::chrono::hours(24)) == histogram_bounds);
  CHECK(histogram_bucket(Duration::max()) == histogram_bounds);
}

TEST_CASE("merging adds records and sums") {
  Histogram a;
  Histogram b;
  a.record(milliseconds(1));
  a.record(milliseconds(-1));
  b.record(milliseconds(1));
  b.record(seconds(100));
  a.merge(b);
  CHECK(a.total() == 4);
  CHECK(a.sum == milliseconds(100'002));
  CHECK(a.counts[histogram_bucket(milliseconds(1))] == 2);
  CHECK(a.counts[histogram_bounds] == 1);
}

TEST_CASE("quantiles stay within the bucket that holds them and grow with q") {
  Histogram h;
  CHECK(h.quantile(0.5) == Duration{});
  for (int i = 1; i <= 1000; ++i) h.record(microseconds(i * 10));
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99, 1.0}) {
    CAPTURE(q);
    const auto exact = std::chrono::duration_cast<Duration>(microseconds(static_cast<int>(q * 10'000)));
    const auto bucket = histogram_bucket(exact);
    CHECK(h.quantile(q) <= histogram_bound(bucket));
    CHECK(h.quantile(q) > (bucket == 0 ? Duration{} : histogram_bound(bucket - 1)));
  }
  CHECK(h.quantile(0.5) < h.quantile(0.9));
  CHECK(h.quantile(-1) <= h.quantile(2));
  Histogram beyond;
  beyond.record(std::chrono::hours(1));
  CHECK(beyond.quantile(0.5) == histogram_bound(histogram_bounds - 1));
}

TEST_CASE("readers of a shared histogram see whole records") {
  SharedHistogram shared;
  std::thread writer([&] {
    for (int i = 0; i < 100'000; ++i) shared.record(microseconds(60));
  });
  std::uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto total = shared.snapshot().total();
    CHECK(total >= last);
    last = total;
  }
  writer.join();
  const Histogram end = shared.snapshot();
  CHECK(end.counts[1] == 100'000);
  CHECK(end.sum == seconds(6));
}
