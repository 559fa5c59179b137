#include "common/config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/assert.hpp"
#include "common/config/suggest.hpp"

namespace tandem::config {
namespace {

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "null";
    case Node::Kind::boolean: return "true or false";
    case Node::Kind::integer:
    case Node::Kind::real: return "a number";
    case Node::Kind::string: return "a text";
    case Node::Kind::array: return "a list";
    case Node::Kind::object: return "an object";
  }
  return {};
}

}  // namespace

ObjectReader::ObjectReader(const Place& place, const ObjectSpec& spec, Diagnostics& mistakes)
    : place_(place), spec_(spec), mistakes_(mistakes) {
  TANDEM_ASSERT(place.exists());
  TANDEM_ASSERT(spec.keys.size() < 64);
  if (place.node().kind != Node::Kind::object) {
    mistakes_.add(place, fmt::format("{} must be an object {{...}}, not {}", spec.name,
                                     kind_name(place.node().kind)));
    return;
  }
  report_unknown_keys();
  report_missing_keys();
}

ObjectReader::~ObjectReader() {
  const std::uint64_t all = (std::uint64_t{1} << spec_.keys.size()) - 1;
  TANDEM_ASSERT(asked_ == all);
}

void ObjectReader::report_unknown_keys() {
  std::vector<std::string_view> known;
  for (const KeySpec& key : spec_.keys) {
    if (!key.name.starts_with('$')) known.push_back(key.name);  // configures nothing
  }
  for (const Member& member : place_.node().members) {
    if (spec_.find(member.key) != nullptr) continue;
    std::string hint;
    const std::string_view meant = mistakes_.crowded() ? "" : nearest(member.key, known);
    if (!meant.empty()) {
      hint = did_you_mean(meant);
      if (!place_[meant].exists()) mistakes_.suspect(place_.path_of(meant));
    } else {
      hint = fmt::format("{} has: {}", spec_.name, fmt::join(known, ", "));
    }
    mistakes_.add(member.position, place_.path_of(member.key),
                  fmt::format("unknown key {}", quote(member.key)), std::move(hint));
  }
}

void ObjectReader::report_missing_keys() {
  for (const KeySpec& key : spec_.keys) {
    const Place value = place_[key.name];
    if (!key.required || value.exists() || mistakes_.reported(value)) continue;
    const std::string type = key.list ? "a list" : describe(key);
    mistakes_.add(place_.position(), value.path(),
                  fmt::format("{} needs \"{}\"", spec_.name, key.name), type);
  }
}

ObjectReader::Entry ObjectReader::at(std::string_view key) {
  const KeySpec* spec = spec_.find(key);
  TANDEM_ASSERT(spec != nullptr);
  asked_ |= std::uint64_t{1} << (spec - spec_.keys.data());
  return {*spec, place_[key]};
}

std::vector<Place> ObjectReader::items(const Place& place, const KeySpec& spec) {
  TANDEM_ASSERT(spec.list);
  if (!place.exists()) return {};
  const bool is_list = place.node().kind == Node::Kind::array;
  if (!is_list && spec.or_single) return {place};
  if (!is_list) {
    mistakes_.add(place, fmt::format("must be a list [...], not {}", kind_name(place.node().kind)));
    return {};
  }
  if (place.size() < spec.at_least) {
    mistakes_.add(place, fmt::format("needs at least {} item{}", spec.at_least,
                                     spec.at_least == 1 ? "" : "s"));
  }
  if (place.size() > longest_list) {
    mistakes_.add(place,
                  fmt::format("has {} items; at most {} are possible", place.size(), longest_list));
  }
  std::vector<Place> result;
  const std::size_t count = std::min(place.size(), longest_list);
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) result.push_back(place[i]);
  return result;
}

std::optional<std::size_t> ObjectReader::choice_index(const Place& place, const KeySpec& spec) {
  TANDEM_ASSERT(spec.type == ValueType::choice);
  std::string word;
  read_value(place, spec, mistakes_, word);
  const auto found = std::find(spec.choices.begin(), spec.choices.end(), word);
  if (found == spec.choices.end()) return std::nullopt;
  return static_cast<std::size_t>(found - spec.choices.begin());
}

}  // namespace tandem::config
