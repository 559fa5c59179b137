#include "lbctl/metrics_text.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

// Takes a label value, escapes undone, up to and with its closing quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      value += rest[i] == 'n' ? '\n' : rest[i];
    } else {
      value += rest[i];
    }
  }
  return std::nullopt;
}

// Takes {name="value",…}, if there is any.
std::optional<Json> take_labels(std::string_view& rest) {
  Json labels = Json::object();
  if (rest.empty() || rest.front() != '{') return labels;
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '}') {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    auto value = take_quoted(rest);
    if (!value) return std::nullopt;
    labels[name] = *std::move(value);
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  }
  if (rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  return labels;
}

Json value_of(std::string_view text) {
  std::int64_t integer = 0;
  const auto* end = text.data() + text.size();
  if (const auto result = std::from_chars(text.data(), end, integer); result.ec == std::errc{} && result.ptr == end) {
    return integer;
  }
  double real = 0;
  const auto result = std::from_chars(text.data(), end, real);
  if (result.ec == std::errc{} && result.ptr == end && std::isfinite(real)) return real;
  return std::string(text);
}

std::optional<Json> parse_sample(std::string_view line) {
  const std::size_t name_end = line.find_first_of("{ ");
  if (line.empty() || line.front() == '#' || name_end == std::string_view::npos) return std::nullopt;
  const std::string name(line.substr(0, name_end));
  line.remove_prefix(name_end);
  auto labels = take_labels(line);
  if (!labels || line.empty() || line.front() != ' ') return std::nullopt;
  return Json{{"name", name}, {"labels", *std::move(labels)}, {"value", value_of(line.substr(1))}};
}

}  // namespace

nlohmann::ordered_json parse_metrics(std::string_view text) {
  Json samples = Json::array();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (auto sample = parse_sample(text.substr(0, end))) samples.push_back(*std::move(sample));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return samples;
}

}  // namespace tandem::ctl
