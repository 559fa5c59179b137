// Latency histogram with fixed log-linear buckets: two per doubling from 50 µs to 79 s.
//
// Upper bounds: 50 µs, 75 µs, 100 µs, 150 µs, 200 µs, 300 µs, … 52 s, 79 s, and one bucket for all beyond.
// The bounds are the same everywhere and for ever, so histograms of workers and nodes add up.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "common/base/time.hpp"

namespace tandem::metrics {

inline constexpr std::size_t histogram_bounds = 42;
inline constexpr std::size_t histogram_buckets = histogram_bounds + 1;  // the last: beyond every bound

/// The bucket that a latency belongs to, in a handful of instructions. A negative one counts as zero.
constexpr std::size_t histogram_bucket(Duration latency) {
  // In units of half the first bound, rounded so that a bound belongs to the bucket that it closes.
  const auto nanoseconds = latency.count() > 0 ? static_cast<std::uint64_t>(latency.count() - 1) : 0;
  const std::uint64_t units = nanoseconds / 25'000;
  if (units < 2) return 0;
  const auto octave = static_cast<std::size_t>(std::bit_width(units)) - 2;
  const std::size_t bucket = octave * 2 + static_cast<std::size_t>((units >> octave) & 1) + 1;
  return bucket < histogram_bounds ? bucket : histogram_bounds;
}

/// The largest latency of `bucket`, which is below histogram_bounds.
constexpr Duration histogram_bound(std::size_t bucket) {
  const std::int64_t halves = bucket % 2 == 0 ? 2 : 3;  // of 2^octave units
  const std::size_t octave = (bucket + 1) / 2;
  return Duration((25'000 * halves << octave) >> (bucket % 2 == 0 ? 0 : 1));
}

/// A histogram as a value: what readers add up and print.
struct Histogram {
  std::array<std::uint64_t, histogram_buckets> counts{};
  Duration sum{};

  void record(Duration latency) {
    ++counts[histogram_bucket(latency)];
    sum += std::max(latency, Duration{});
  }
  void merge(const Histogram& other);
  [[nodiscard]] std::uint64_t total() const;
  /// The latency that the fraction `q` (0 to 1) of the records does not exceed, interpolated within its
  /// bucket; the last bound if it lies beyond; zero when empty.
  [[nodiscard]] Duration quantile(double q) const;

  bool operator==(const Histogram&) const = default;
};

/// Written by one thread, read by any at any time: each cell is exact, the cells of one snapshot may be
/// from moments apart. record() is plain loads and stores, without a locked instruction.
class SharedHistogram {
 public:
  void record(Duration latency) {
    add(counts_[histogram_bucket(latency)], std::uint64_t{1});
    add(sum_, std::max(latency, Duration{}).count());
  }
  [[nodiscard]] Histogram snapshot() const;

 private:
  template <class Number>
  static void add(std::atomic<Number>& cell, Number amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, histogram_buckets> counts_{};
  std::atomic<std::int64_t> sum_{0};
};

}  // namespace tandem::metrics
