#include <doctest/doctest.h>

#include "common/config/units.hpp"

using namespace tandem;
using namespace tandem::config;
using namespace std::chrono_literals;

TEST_CASE("durations are a whole number and a unit") {
  const struct {
    const char* text;
    Duration duration;
  } rows[] = {{"100ms", 100ms}, {"2s", 2s}, {"5m", 5min}, {"1h", 1h}, {"30d", 720h}, {"0s", 0s}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto duration = parse_duration(row.text);
    REQUIRE(duration);
    CHECK(*duration == row.duration);
  }
}

TEST_CASE("everything else is no duration, and says why") {
  const struct {
    const char* text;
    const char* error;
  } rows[] = {
      {"5", "\"5\" has no unit (one of ms, s, m, h, d)"},
      {"5us", "unknown unit in \"5us\": it must be one of ms, s, m, h, d"},
      {"5 s", "unknown unit in \"5 s\": it must be one of ms, s, m, h, d"},
      {"5S", "unknown unit in \"5S\": it must be one of ms, s, m, h, d"},
      {"1.5s", "\"1.5s\" must be a whole number: use a smaller unit"},
      {"", "\"\" must be a whole number and a unit, like \"2s\""},
      {"s", "\"s\" must be a whole number and a unit, like \"2s\""},
      {"-2s", "\"-2s\" must be a whole number and a unit, like \"2s\""},
      {"-0s", "\"-0s\" must be a whole number and a unit, like \"2s\""},
      {"+2s", "\"+2s\" must be a whole number and a unit, like \"2s\""},
      {"99999999999999999999s", "\"99999999999999999999s\" is too large"},
      {"9223372036854775807d", "\"9223372036854775807d\" is too large"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto duration = parse_duration(row.text);
    REQUIRE_FALSE(duration);
    CHECK(duration.error().message == row.error);
  }
}

TEST_CASE("durations are shown in the largest unit that fits") {
  CHECK(format_duration(100ms) == "100ms");
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(60min) == "1h");
  CHECK(format_duration(48h) == "2d");
  CHECK(format_duration(0s) == "0s");
}

TEST_CASE("sizes are binary") {
  CHECK(*parse_size("64KiB") == 65536);
  CHECK(*parse_size("1MiB") == 1048576);
  CHECK(*parse_size("2GiB") == 2147483648);
  CHECK(*parse_size("500B") == 500);
  CHECK(parse_size("64kB").error().message ==
        "unknown unit in \"64kB\": it must be one of B, KiB, MiB, GiB");
  CHECK(parse_size("64").error().message == "\"64\" has no unit (one of B, KiB, MiB, GiB)");
  CHECK(format_size(65536) == "64KiB");
  CHECK(format_size(65537) == "65537B");
}
