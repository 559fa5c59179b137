#include "tests/tools/probe/report.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstring>

#include "tests/tools/probe/figures.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

constexpr Stream all_streams[] = {Stream::fresh, Stream::keepalive, Stream::sticky};

/// Writes "," before every member but the first of an object or array.
class Comma {
 public:
  const char* operator()() {
    const char* text = first_ ? "" : ", ";
    first_ = false;
    return text;
  }

 private:
  bool first_ = true;
};

void print_span(std::FILE* out, const char* name, const Span& span) {
  std::fprintf(out, "\"%s\": {\"ms\": %.3f, \"from_ns\": %" PRId64 ", \"to_ns\": %" PRId64 ", \"open\": %s}", name,
               span.ms(), nanoseconds_of(span.from), nanoseconds_of(span.to), span.open ? "true" : "false");
}

/// Each failure with its times, so that a script can set them beside the fault it made.
void print_failures(std::FILE* out, const Measurement& m, Stream stream) {
  std::fputs("\"failed_requests\": [", out);
  Comma comma;
  for (const Record& r : m.records) {
    if (r.stream != stream || r.outcome == Outcome::ok) continue;
    std::fprintf(out, "%s[%" PRId64 ", %" PRId64 ", \"%s\"]", comma(), nanoseconds_of(r.intended),
                 nanoseconds_of(r.finished), name_of(r.outcome).data());
  }
  std::fputs("], ", out);
}

void print_stream(std::FILE* out, const Measurement& m, Stream stream, const StreamFigures& f) {
  std::fprintf(out, "\"%s\": {\"requests\": %zu, \"ok\": %zu, \"failed\": %zu, \"reused\": %zu, \"failures\": {",
               name_of(stream).data(), f.requests, f.ok, f.requests - f.ok, f.reused);
  Comma comma;
  for (const auto& [kind, count] : f.failures) std::fprintf(out, "%s\"%s\": %zu", comma(), kind.c_str(), count);
  std::fputs("}, \"statuses\": {", out);
  Comma next;
  for (const auto& [status, count] : f.statuses) std::fprintf(out, "%s\"%d\": %zu", next(), status, count);
  std::fputs("}, ", out);
  print_failures(out, m, stream);
  print_span(out, "longest_gap", f.longest_gap);
  std::fputs(", ", out);
  print_span(out, "unavailable", f.unavailable);
  std::fprintf(out,
               ", \"failures_before_gap\": %zu, \"failures_in_gap\": %zu, \"failures_after_gap\": %zu, "
               "\"latency_ms\": {\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}}",
               f.failures_before_gap, f.failures_in_gap, f.failures_after_gap, f.latency.p50, f.latency.p90,
               f.latency.p99, f.latency.max);
}

void print_sticky(std::FILE* out, const Measurement& m) {
  const StickyFigures f = sticky_figures_of(m);
  std::fprintf(out, "\"sticky\": {\"clients\": %u, \"seen\": %zu, \"kept\": %zu, \"moved\": %zu, \"moves\": [",
               m.sticky_clients, f.seen, f.seen - f.moved, f.moved);
  Comma comma;
  for (const auto& move : f.moves) {
    std::fprintf(out, "%s{\"client\": %d, \"from\": \"%s\", \"to\": \"%s\", \"at_ns\": %" PRId64 "}", comma(),
                 move.client, move.from.c_str(), move.to.c_str(), nanoseconds_of(move.at));
  }
  std::fputs("]}", out);
}

}  // namespace

void print_json(std::FILE* out, const Measurement& m, Duration late) {
  std::fprintf(out, "{\"started_ns\": %" PRId64 ", \"ended_ns\": %" PRId64 ", \"probe_late_ms\": %.3f, \"streams\": {",
               nanoseconds_of(m.started), nanoseconds_of(m.ended), milliseconds_of(worst_lateness_of(m)));
  Comma comma;
  for (const Stream stream : all_streams) {
    const StreamFigures f = figures_of(m, stream, late);
    if (f.requests == 0) continue;
    std::fputs(comma(), out);
    print_stream(out, m, stream, f);
  }
  std::fputs("}, \"backends\": {", out);
  Comma next;
  for (const auto& [name, count] : spread_of(m)) std::fprintf(out, "%s\"%s\": %zu", next(), name.c_str(), count);
  std::fputs("}, ", out);
  print_sticky(out, m);
  std::fputs("}\n", out);
}

void print_text(std::FILE* out, const Measurement& m, Duration late) {
  for (const Stream stream : all_streams) {
    const StreamFigures f = figures_of(m, stream, late);
    if (f.requests == 0) continue;
    std::fprintf(out, "%-9s  requests %zu  failed %zu  longest gap %.1f ms%s  unavailable %.1f ms%s  p50 %.2f ms  p99 %.2f ms\n",
                 name_of(stream).data(), f.requests, f.requests - f.ok, f.longest_gap.ms(),
                 f.longest_gap.open ? " (still down)" : "", f.unavailable.ms(),
                 f.unavailable.open ? " (still down)" : "", f.latency.p50, f.latency.p99);
    for (const auto& [kind, count] : f.failures) std::fprintf(out, "           %s: %zu\n", kind.c_str(), count);
    if (f.requests != f.ok) {
      std::fprintf(out, "           failures before / in / after the gap: %zu / %zu / %zu\n", f.failures_before_gap,
                   f.failures_in_gap, f.failures_after_gap);
    }
  }
  for (const auto& [name, count] : spread_of(m)) std::fprintf(out, "backend    %-8s %zu\n", name.c_str(), count);
  const StickyFigures sticky = sticky_figures_of(m);
  if (m.sticky_clients > 0) {
    std::fprintf(out, "sticky     clients %u  kept %zu  moved %zu\n", m.sticky_clients, sticky.seen - sticky.moved,
                 sticky.moved);
  }
  std::fprintf(out, "probe      was at most %.1f ms late itself\n", milliseconds_of(worst_lateness_of(m)));
}

void write_requests(const std::string& path, const Measurement& m) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  if (out == nullptr) die("cannot write " + path + ": " + std::strerror(errno));
  std::fputs("stream,intended_ns,sent_ns,finished_ns,outcome,status,backend,client,reused\n", out);
  for (const Record& r : m.records) {
    std::fprintf(out, "%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%s,%u,%s,%d,%d\n", name_of(r.stream).data(),
                 nanoseconds_of(r.intended), nanoseconds_of(r.sent), nanoseconds_of(r.finished),
                 name_of(r.outcome).data(), r.status,
                 r.backend < 0 ? "" : m.backends[static_cast<std::size_t>(r.backend)].c_str(), r.client,
                 r.reused ? 1 : 0);
  }
  std::fclose(out);
}

}  // namespace tandem::tools
