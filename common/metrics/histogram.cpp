#include "common/metrics/histogram.hpp"

#include <algorithm>
#include <numeric>

namespace tandem::metrics {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum += other.sum;
}

std::uint64_t Histogram::total() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

Duration Histogram::quantile(double q) const {
  const std::uint64_t count = total();
  if (count == 0) return {};
  const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
  double below = 0;
  for (std::size_t bucket = 0; bucket < histogram_bounds; ++bucket) {
    const auto here = static_cast<double>(counts[bucket]);
    if (here > 0 && below + here >= wanted) {
      const Duration first = bucket == 0 ? Duration{} : histogram_bound(bucket - 1);
      const double part = (wanted - below) / here;
      const auto width = static_cast<double>((histogram_bound(bucket) - first).count());
      return first + Duration(static_cast<Duration::rep>(part * width));
    }
    below += here;
  }
  return histogram_bound(histogram_bounds - 1);
}

Histogram SharedHistogram::snapshot() const {
  Histogram value;
  for (std::size_t i = 0; i < counts_.size(); ++i) value.counts[i] = counts_[i].load(std::memory_order_relaxed);
  value.sum = Duration(sum_.load(std::memory_order_relaxed));
  return value;
}

}  // namespace tandem::metrics
