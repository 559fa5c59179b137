#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/assert.hpp"
#include "common/config/reader.hpp"
#include "common/config/suggest.hpp"
#include "common/config/units.hpp"

namespace tandem::config {
namespace {

using Kind = Node::Kind;

/// What was found, as "not …".
std::string found(const Node& node) {
  switch (node.kind) {
    case Kind::null: return "null";
    case Kind::boolean: return node.boolean ? "true" : "false";
    case Kind::integer: return std::to_string(node.integer);
    case Kind::real: return "a fraction or a huge number";
    case Kind::string: return quote(node.text);
    case Kind::array: return "a list";
    case Kind::object: return "an object";
  }
  return {};
}

void report_wrong(const Place& place, const KeySpec& spec, Diagnostics& mistakes,
                  std::string hint = {}) {
  mistakes.add(place, fmt::format("must be {}, not {}", describe(spec), found(place.node())),
               std::move(hint));
}

bool is_name(std::string_view text) {
  constexpr std::size_t longest = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), allowed);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// What `parse` makes of a string; everything else is reported.
template <class T>
std::optional<T> parsed(const Place& place, const KeySpec& spec, Diagnostics& mistakes,
                        std::optional<T> (*parse)(std::string_view)) {
  const Node& node = place.node();
  const auto value = node.kind == Kind::string ? parse(node.text) : std::nullopt;
  if (!value) report_wrong(place, spec, mistakes);
  return value;
}

/// Numbers with a unit. Returns nullopt if the text was wrong, which then is reported.
template <class T>
std::optional<T> with_unit(const Place& place, Diagnostics& mistakes, const Result<T>& value) {
  if (value) return *value;
  mistakes.add(place, value.error().message);
  return std::nullopt;
}

std::optional<StatusRange> parse_status_range(std::string_view text) {
  const auto code = [](std::string_view digits) -> std::optional<std::uint16_t> {
    std::uint16_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stop != end || value < 100 || value > 599) return std::nullopt;
    return value;
  };
  const auto dash = text.find('-');
  const auto first = code(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : code(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{*first, *last};
}

std::optional<std::vector<StatusRange>> parse_status_ranges(std::string_view text) {
  std::vector<StatusRange> ranges;
  while (true) {
    const auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    const auto range = parse_status_range(part);
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    if (comma == std::string_view::npos) return ranges;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, bool& out) {
  TANDEM_ASSERT(spec.type == ValueType::boolean);
  if (place.node().kind != Kind::boolean) return report_wrong(place, spec, mistakes);
  out = place.node().boolean;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, std::int64_t& out) {
  TANDEM_ASSERT(spec.type == ValueType::integer || spec.type == ValueType::size);
  const Node& node = place.node();
  std::optional<std::int64_t> number;
  if (node.kind == Kind::integer) number = node.integer;
  if (spec.type == ValueType::size && node.kind == Kind::string) {
    number = with_unit(place, mistakes, parse_size(node.text));
    if (!number) return;
  }
  if (!number) {
    const bool digits = node.kind == Kind::string && !node.text.empty() &&
                        node.text.find_first_not_of("0123456789") == std::string::npos;
    return report_wrong(place, spec, mistakes, digits ? "remove the quotes" : "");
  }
  const std::string written = std::to_string(*number);
  const bool fits = spec.choices.empty() ? *number >= spec.min && *number <= spec.max
                                         : std::find(spec.choices.begin(), spec.choices.end(),
                                                     written) != spec.choices.end();
  if (!fits) return report_wrong(place, spec, mistakes);
  out = *number;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, std::string& out) {
  const Node& node = place.node();
  if (node.kind != Kind::string) return report_wrong(place, spec, mistakes);
  switch (spec.type) {
    case ValueType::name:
      if (!is_name(node.text)) return report_wrong(place, spec, mistakes);
      break;
    case ValueType::choice:
      if (std::find(spec.choices.begin(), spec.choices.end(), node.text) == spec.choices.end()) {
        return report_wrong(place, spec, mistakes, did_you_mean(nearest(node.text, spec.choices)));
      }
      break;
    case ValueType::prefix:
      if (!Prefix::parse(node.text)) return report_wrong(place, spec, mistakes);
      break;
    default:
      TANDEM_ASSERT(spec.type == ValueType::text);
      if (std::cmp_less(node.text.size(), spec.min) ||
          std::cmp_greater(node.text.size(), spec.max)) {
        return report_wrong(place, spec, mistakes);
      }
      if (has_control_character(node.text)) {
        return mistakes.add(place, quote(node.text) + " holds control characters");
      }
  }
  out = node.text;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, Duration& out) {
  TANDEM_ASSERT(spec.type == ValueType::duration);
  const Node& node = place.node();
  if (node.kind != Kind::string) {
    const bool number = node.kind == Kind::integer || node.kind == Kind::real;
    return report_wrong(place, spec, mistakes,
                        number ? "write it as a text with a unit: ms, s, m, h or d" : "");
  }
  const auto duration = with_unit(place, mistakes, parse_duration(node.text));
  if (!duration) return;
  if (*duration < milliseconds(spec.min) || *duration > milliseconds(spec.max)) {
    return report_wrong(place, spec, mistakes);
  }
  out = *duration;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, IpAddress& out) {
  TANDEM_ASSERT(spec.type == ValueType::address);
  out = parsed(place, spec, mistakes, &IpAddress::parse).value_or(out);
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes,
                std::optional<IpAddress>& out) {
  TANDEM_ASSERT(spec.type == ValueType::listen_address);
  const Node& node = place.node();
  if (node.kind == Kind::string && node.text == "*") {
    out.reset();
    return;
  }
  const auto address = parsed(place, spec, mistakes, &IpAddress::parse);
  if (address) out = address;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, Endpoint& out) {
  TANDEM_ASSERT(spec.type == ValueType::endpoint || spec.type == ValueType::host);
  if (spec.type == ValueType::host && place.node().kind == Kind::string) {
    if (const auto address = IpAddress::parse(place.node().text)) {
      out = Endpoint{*address, 0};
      return;
    }
  }
  const auto endpoint = parsed(place, spec, mistakes, &Endpoint::parse);
  if (!endpoint) return;
  if (endpoint->port == 0) return report_wrong(place, spec, mistakes);
  out = *endpoint;
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, Prefix& out) {
  TANDEM_ASSERT(spec.type == ValueType::prefix);
  out = parsed(place, spec, mistakes, &Prefix::parse).value_or(out);
}

void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes,
                std::vector<StatusRange>& out) {
  TANDEM_ASSERT(spec.type == ValueType::status_ranges);
  const Node& node = place.node();
  std::optional<std::vector<StatusRange>> ranges;
  if (node.kind == Kind::string) ranges = parse_status_ranges(node.text);
  if (node.kind == Kind::integer) ranges = parse_status_ranges(std::to_string(node.integer));
  if (!ranges) return report_wrong(place, spec, mistakes);
  out = std::move(*ranges);
}

}  // namespace tandem::config
