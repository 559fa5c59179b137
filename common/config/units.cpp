#include "common/config/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "common/config/diagnostics.hpp"

namespace tandem::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> duration_units{{{"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"d", 86'400'000'000'000}}};
constexpr std::array<Unit, 4> size_units{
    {{"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}}};

std::string list(std::span<const Unit> units) {
  std::string names;
  for (const Unit& unit : units) {
    if (!names.empty()) names += ", ";
    names += unit.name;
  }
  return names;
}

/// `example` is a correct text, for the messages.
Result<std::int64_t> parse(std::string_view text, std::span<const Unit> units,
                           std::string_view example) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit_name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc::result_out_of_range) return Error{quote(text) + " is too large"};
  if (error != std::errc{} || number < 0 || text.front() == '-') {
    return Error{
        fmt::format("{} must be a whole number and a unit, like \"{}\"", quote(text), example)};
  }
  if (unit_name.empty()) {
    return Error{fmt::format("{} has no unit (one of {})", quote(text), list(units))};
  }
  if (unit_name.front() == '.') {
    return Error{fmt::format("{} must be a whole number: use a smaller unit", quote(text))};
  }
  for (const Unit& unit : units) {
    if (unit.name != unit_name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) {
      return Error{quote(text) + " is too large"};
    }
    return number * unit.factor;
  }
  return Error{fmt::format("unknown unit in {}: it must be one of {}", quote(text), list(units))};
}

std::string format(std::int64_t value, std::span<const Unit> units, std::string_view zero_unit) {
  if (value == 0) return fmt::format("0{}", zero_unit);
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto nanoseconds = parse(text, duration_units, "2s");
  if (!nanoseconds) return nanoseconds.error();
  return Duration(*nanoseconds);
}

std::string format_duration(Duration duration) {
  return format(duration.count(), duration_units, "s");
}

Result<std::int64_t> parse_size(std::string_view text) { return parse(text, size_units, "64KiB"); }

std::string format_size(std::int64_t bytes) { return format(bytes, size_units, "B"); }

}  // namespace tandem::config
