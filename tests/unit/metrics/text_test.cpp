#include "common/metrics/text.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace tandem;
using namespace tandem::metrics;

TEST_CASE("a family is written once, its samples together, in order of first use") {
  MetricsText text;
  text.counter("tandem_requests_total", "Requests.", 1, {{"backend", "a"}});
  text.gauge("tandem_ready", "Ready.", true);
  text.counter("tandem_requests_total", "Requests.", std::uint64_t{18'446'744'073'709'551'615U}, {{"backend", "b"}});
  CHECK(text.str() ==
        "# HELP tandem_requests_total Requests.\n"
        "# TYPE tandem_requests_total counter\n"
        "tandem_requests_total{backend=\"a\"} 1\n"
        "tandem_requests_total{backend=\"b\"} 18446744073709551615\n"
        "# HELP tandem_ready Ready.\n"
        "# TYPE tandem_ready gauge\n"
        "tandem_ready 1\n");
}

TEST_CASE("label values and help are escaped") {
  MetricsText text;
  text.gauge("g", "back\\slash\nand \"quotes\"", 0.5, {{"a", "x\"y\\z\nw"}, {"b", ""}});
  CHECK(text.str() ==
        "# HELP g back\\\\slash\\nand \"quotes\"\n"
        "# TYPE g gauge\n"
        "g{a=\"x\\\"y\\\\z\\nw\",b=\"\"} 0.5\n");
}

TEST_CASE("special numbers have their names") {
  MetricsText text;
  text.gauge("g", "h", std::numeric_limits<double>::infinity());
  text.gauge("g", "h", -std::numeric_limits<double>::infinity());
  text.gauge("g", "h", std::numeric_limits<double>::quiet_NaN());
  text.gauge("g", "h", -3);
  CHECK(text.str() == "# HELP g h\n# TYPE g gauge\ng +Inf\ng -Inf\ng NaN\ng -3\n");
}

TEST_CASE("a histogram is cumulative, in seconds, and ends with +Inf, sum and count") {
  Histogram h;
  h.record(std::chrono::microseconds(10));
  h.record(std::chrono::microseconds(120));
  h.record(std::chrono::minutes(5));
  MetricsText text;
  text.histogram("tandem_latency_seconds", "Latency.", h, {{"group", "shop"}});
  const std::string out = text.str();
  const auto has = [&](const char* line) { return out.find(std::string("\n") + line + "\n") != std::string::npos; };
  CHECK(has("# TYPE tandem_latency_seconds histogram"));
  CHECK(has("tandem_latency_seconds_bucket{group=\"shop\",le=\"0.00005\"} 1"));
  CHECK(has("tandem_latency_seconds_bucket{group=\"shop\",le=\"0.0001\"} 1"));
  CHECK(has("tandem_latency_seconds_bucket{group=\"shop\",le=\"0.00015\"} 2"));
  CHECK(has("tandem_latency_seconds_bucket{group=\"shop\",le=\"78.6432\"} 2"));
  CHECK(has("tandem_latency_seconds_bucket{group=\"shop\",le=\"+Inf\"} 3"));
  CHECK(has("tandem_latency_seconds_sum{group=\"shop\"} 300.00013"));
  CHECK(has("tandem_latency_seconds_count{group=\"shop\"} 3"));
}
