#include <fmt/format.h>

#include <string>

#include "common/config/http_syntax.hpp"
#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {
namespace {

using Kind = ConditionConfig::Kind;

ConditionConfig parse_named_condition(const Place& place, Diagnostics& mistakes) {
  ConditionConfig condition;
  ObjectReader reader(place, named_condition_object, mistakes);
  reader.read("name", condition.name);
  reader.read_list("values", condition.values);
  return condition;
}

/// What the kind of condition demands of its strings.
void check_condition(const ConditionConfig& condition, const Place& place, Diagnostics& mistakes) {
  const bool token_name = condition.kind == Kind::header || condition.kind == Kind::cookie;
  if (token_name && !condition.name.empty() && !is_token(condition.name)) {
    const Place name = place["name"];
    mistakes.add(name, fmt::format("{} is not a valid {} name", quote(condition.name),
                                   name_of(condition.kind)));
  }
  for (std::size_t i = 0; i < condition.values.size(); ++i) {
    const std::string& value = condition.values[i];
    const Place item = place.size() > 0 ? place[i] : place;
    if (value.empty() || mistakes.reported(item)) continue;
    if (condition.kind == Kind::path && value.front() != '/' && value.front() != '*') {
      mistakes.add(item, fmt::format("the path {} must begin with / or *", quote(value)));
    }
    if (condition.kind == Kind::method && !is_token(value)) {
      mistakes.add(item, fmt::format("{} is not a valid method", quote(value)));
    }
    if (condition.kind == Kind::host && value.find_first_of(" /:@?#") != std::string::npos) {
      mistakes.add(item, fmt::format("{} is not a host name", quote(value)),
                   "without scheme, port and path");
    }
  }
}

ConditionConfig parse_condition(const Place& place, Diagnostics& mistakes) {
  ConditionConfig result;
  ObjectReader reader(place, condition_object, mistakes);
  std::size_t kinds = 0;
  bool misspelt = false;
  for (std::size_t i = 0; i < condition_kind_names.size(); ++i) {
    ConditionConfig condition;
    const std::string_view key = condition_kind_names[i];
    const auto kind = static_cast<Kind>(i);
    const bool named = kind == Kind::header || kind == Kind::query || kind == Kind::cookie;
    if (named) {
      reader.read_object(key, condition, &parse_named_condition);
    } else {
      reader.read_list(key, condition.values);
    }
    condition.kind = kind;
    if (!place[key].exists()) {
      misspelt = misspelt || mistakes.reported(place[key]);
      continue;
    }
    check_condition(condition, place[key], mistakes);
    if (++kinds == 1) result = std::move(condition);
  }
  if (kinds != 1 && !misspelt && place.node().kind == Node::Kind::object) {
    mistakes.add(
        place,
        fmt::format("a condition has exactly one of: {}", fmt::join(condition_kind_names, ", ")),
        kinds > 1 ? "write several conditions; all of them must hold" : "");
  }
  return result;
}

RedirectConfig parse_redirect(const Place& place, Diagnostics& mistakes) {
  RedirectConfig redirect;
  ObjectReader reader(place, redirect_object, mistakes);
  reader.read("scheme", redirect.scheme);
  reader.read("host", redirect.host);
  reader.read_optional("port", redirect.port);
  reader.read("path", redirect.path);
  reader.read("status", redirect.status);
  if (!redirect.path.empty() && !is_path(redirect.path)) {
    mistakes.add(place["path"], fmt::format("the path {} must begin with / and have no blanks",
                                            quote(redirect.path)));
  }
  if (redirect.host.find_first_of(" /:@?#*") != std::string::npos) {
    mistakes.add(place["host"], fmt::format("{} is not a host name", quote(redirect.host)),
                 "scheme, port and path have keys of their own");
  }
  return redirect;
}

WeightedTargetGroup parse_weighted_target_group(const Place& place, Diagnostics& mistakes) {
  WeightedTargetGroup group;
  ObjectReader reader(place, weighted_target_group_object, mistakes);
  reader.read("name", group.name);
  reader.read("weight", group.weight);
  return group;
}

}  // namespace

RuleConfig parse_rule(const Place& place, Diagnostics& mistakes) {
  RuleConfig rule;
  WeightedTargetGroup single;
  ObjectReader reader(place, rule_object, mistakes);
  reader.read("name", rule.name);
  reader.read("priority", rule.priority);
  reader.read_objects("conditions", rule.conditions, &parse_condition);
  reader.read("target_group", single.name);
  reader.read_objects("target_groups", rule.target_groups, &parse_weighted_target_group);
  reader.read_object("redirect", rule.redirect, &parse_redirect);
  if (place["target_group"].exists() && rule.target_groups.empty()) {
    rule.target_groups.push_back(std::move(single));
  }
  return rule;
}

}  // namespace tandem::config
