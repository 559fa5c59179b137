// From records to figures. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/probe/record.hpp"

namespace tandem::tools {

/// A span of time without service.
struct Span {
  TimePoint from;
  TimePoint to;
  bool open = false;  // service had not come back when the run ended
  [[nodiscard]] double ms() const { return milliseconds_of(to - from); }
};

struct Latencies {
  double p50 = 0, p90 = 0, p99 = 0, max = 0;  // milliseconds from the intended time, successes only
};

struct StreamFigures {
  std::size_t requests = 0;
  std::size_t ok = 0;
  std::size_t reused = 0;
  std::map<std::string, std::size_t> failures;  // by outcome
  std::map<int, std::size_t> statuses;
  /// The longest time between the completions of consecutive successes (or from the last one to
  /// the end of the run).
  Span longest_gap;
  /// Failures that were over before that gap, that were due within it, and that were due after it.
  std::size_t failures_before_gap = 0, failures_in_gap = 0, failures_after_gap = 0;
  /// The longest time from the intended time of a failed or late request to the next success.
  Span unavailable;
  Latencies latency;
};

struct StickyMove {
  std::int32_t client;
  std::string from;
  std::string to;
  TimePoint at;
};

struct StickyFigures {
  std::size_t seen = 0;   // clients that had at least one success
  std::size_t moved = 0;  // clients whose backend changed at least once
  std::vector<StickyMove> moves;
};

/// Figures of one stream; `late`: from which latency on a request counts as unavailable.
StreamFigures figures_of(const Measurement& m, Stream stream, Duration late);
StickyFigures sticky_figures_of(const Measurement& m);
/// Successes by backend name, all streams.
std::map<std::string, std::size_t> spread_of(const Measurement& m);
/// How late the probe itself was at worst; a large value says that the machine, not the target, stalled.
Duration worst_lateness_of(const Measurement& m);

}  // namespace tandem::tools
