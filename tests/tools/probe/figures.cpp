#include "tests/tools/probe/figures.hpp"

#include <algorithm>

namespace tandem::tools {
namespace {

using Records = std::vector<const Record*>;

Span longest_gap_of(const Records& successes, TimePoint started, TimePoint ended) {
  if (successes.empty()) return {started, ended, true};
  Span longest{successes.front()->finished, successes.front()->finished, false};
  for (std::size_t i = 1; i < successes.size(); ++i) {
    const Span gap{successes[i - 1]->finished, successes[i]->finished, false};
    if (gap.to - gap.from > longest.to - longest.from) longest = gap;
  }
  const Span tail{successes.back()->finished, ended, true};
  return tail.to - tail.from > longest.to - longest.from ? tail : longest;
}

/// `by_intent` in the order of intended times, `successes` in the order of completion.
Span longest_outage_of(const Records& by_intent, const Records& successes, TimePoint ended, Duration late) {
  Span longest{ended, ended, false};
  TimePoint covered = TimePoint::min();  // the outage found last ends here
  for (const Record* r : by_intent) {
    const bool bad = r->outcome != Outcome::ok || r->finished - r->intended > late;
    if (!bad || r->intended < covered) continue;
    const auto after = std::find_if(successes.begin(), successes.end(), [r](const Record* success) {
      return success->finished > r->intended && success->intended >= r->intended;
    });
    const Span outage{r->intended, after == successes.end() ? std::max(ended, r->finished) : (*after)->finished,
                      after == successes.end()};
    covered = outage.to;
    if (outage.to - outage.from > longest.to - longest.from) longest = outage;
  }
  return longest;
}

Latencies latencies_of(const Records& successes) {
  std::vector<double> sorted;
  for (const Record* r : successes) sorted.push_back(milliseconds_of(r->finished - r->intended));
  if (sorted.empty()) return {};
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double q) { return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]; };
  return {at(0.5), at(0.9), at(0.99), sorted.back()};
}

}  // namespace

StreamFigures figures_of(const Measurement& m, Stream stream, Duration late) {
  StreamFigures figures;
  Records all;
  Records successes;
  for (const Record& r : m.records) {
    if (r.stream != stream) continue;
    all.push_back(&r);
    if (r.outcome == Outcome::ok) successes.push_back(&r);
    else ++figures.failures[std::string(name_of(r.outcome))];
    if (r.status != 0) ++figures.statuses[r.status];
    if (r.reused) ++figures.reused;
  }
  figures.requests = all.size();
  figures.ok = successes.size();
  if (all.empty()) return figures;
  std::sort(successes.begin(), successes.end(), [](auto* a, auto* b) { return a->finished < b->finished; });
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->intended < b->intended; });
  figures.longest_gap = longest_gap_of(successes, m.started, m.ended);
  figures.unavailable = longest_outage_of(all, successes, m.ended, late);
  figures.latency = latencies_of(successes);
  for (const Record* r : all) {
    if (r->outcome == Outcome::ok) continue;
    if (r->finished <= figures.longest_gap.from) ++figures.failures_before_gap;
    else if (r->intended >= figures.longest_gap.to) ++figures.failures_after_gap;
    else ++figures.failures_in_gap;
  }
  return figures;
}

StickyFigures sticky_figures_of(const Measurement& m) {
  StickyFigures figures;
  std::map<std::int32_t, std::int16_t> home;
  std::map<std::int32_t, bool> moved;
  for (const Record& r : m.records) {
    if (r.client < 0 || r.outcome != Outcome::ok || r.backend < 0) continue;
    const auto [entry, first] = home.emplace(r.client, r.backend);
    if (first || entry->second == r.backend) continue;
    const auto name = [&](std::int16_t index) { return m.backends[static_cast<std::size_t>(index)]; };
    figures.moves.push_back({r.client, name(entry->second), name(r.backend), r.finished});
    moved[r.client] = true;
    entry->second = r.backend;
  }
  figures.seen = home.size();
  figures.moved = moved.size();
  return figures;
}

std::map<std::string, std::size_t> spread_of(const Measurement& m) {
  std::map<std::string, std::size_t> spread;
  for (const Record& r : m.records) {
    if (r.outcome == Outcome::ok && r.backend >= 0) ++spread[m.backends[static_cast<std::size_t>(r.backend)]];
  }
  return spread;
}

Duration worst_lateness_of(const Measurement& m) {
  Duration worst{0};
  for (const Record& r : m.records) worst = std::max(worst, Duration(r.sent - r.intended));
  return worst;
}

}  // namespace tandem::tools
