#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "common/config/names.hpp"
#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

using Kind = ConditionConfig::Kind;
using Protocol = ListenerProtocol;

/// Without HTTP only the client's address is known, and with tls the name it asks for (SNI).
bool condition_possible(Kind kind, Protocol protocol) {
  return is_http(protocol) || kind == Kind::source ||
         (kind == Kind::host && protocol == Protocol::tls);
}

void check_action(const Place& rule, Diagnostics& mistakes) {
  constexpr std::string_view actions[] = {"target_group", "target_groups", "redirect"};
  const auto count = std::count_if(std::begin(actions), std::end(actions), [&](const auto action) {
    return rule[action].exists() || mistakes.reported(rule[action]);
  });
  if (count == 1) return;
  mistakes.add(rule, count == 0
                         ? "a rule needs a target_group, target_groups or a redirect"
                         : "a rule has only one of target_group, target_groups and redirect");
}

void check_redirect(const RedirectConfig& redirect, const RuleContext& context, const Place& place,
                    Diagnostics& mistakes) {
  const Protocol protocol = context.listener.protocol;
  if (!context.protocol_unknown && !is_http(protocol)) {
    mistakes.add(place, listener_kind(protocol) + " cannot redirect");
    return;
  }
  const bool elsewhere = !redirect.host.empty() || redirect.port || !redirect.path.empty();
  const bool asked = place["scheme"].exists() || place["host"].exists() || place["port"].exists() ||
                     place["path"].exists();
  if (!asked && place.node().kind == Node::Kind::object) {
    mistakes.add(place, "a redirect must change something", "scheme, host, port or path");
  }
  if (!elsewhere && !context.protocol_unknown && redirect.scheme == name_of(protocol)) {
    mistakes.add(place, "this redirects requests to where they came from");
  }
}

void check_target_groups(const RuleConfig& rule, const RuleContext& context, const Place& place,
                         Diagnostics& mistakes) {
  if (place["target_group"].exists()) {
    if (!rule.target_groups.empty() && !place["target_groups"].exists()) {
      validate_target(rule.target_groups.front().name, context, place["target_group"], mistakes);
    }
    return;
  }
  const Place list = place["target_groups"];
  std::set<std::string> seen;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < rule.target_groups.size(); ++i) {
    const WeightedTargetGroup& group = rule.target_groups[i];
    total += group.weight;
    validate_target(group.name, context, list[i]["name"], mistakes);
    if (!group.name.empty() && !seen.insert(group.name).second) {
      mistakes.add(list[i]["name"], fmt::format("{} is listed twice", quote(group.name)),
                   "give it one weight");
    }
  }
  if (!rule.target_groups.empty() && total == 0) {
    mistakes.add(list, "all weights are 0: no group would get a request");
  }
}

}  // namespace

void validate_rules(const RuleContext& context, const Place& rules, Diagnostics& mistakes) {
  const std::vector<RuleConfig>& configs = context.listener.rules;
  index_names("rule", configs, rules, mistakes);
  std::map<std::uint32_t, Place> priorities;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const RuleConfig& rule = configs[i];
    const Place place = rules[i];
    if (place.node().kind != Node::Kind::object) continue;
    check_action(place, mistakes);
    check_target_groups(rule, context, place, mistakes);
    if (rule.redirect) check_redirect(*rule.redirect, context, place["redirect"], mistakes);
    for (std::size_t j = 0; j < rule.conditions.size(); ++j) {
      const Kind kind = rule.conditions[j].kind;
      const Place condition = place["conditions"][j];
      if (context.protocol_unknown || mistakes.reported(condition) ||
          condition_possible(kind, context.listener.protocol)) {
        continue;
      }
      mistakes.add(condition, fmt::format("{} does not see the {} of a request",
                                          listener_kind(context.listener.protocol), name_of(kind)));
    }
    const Place priority = place["priority"];
    if (!priority.exists() || mistakes.reported(priority)) continue;
    const auto [first, added] = priorities.try_emplace(rule.priority, priority);
    if (!added) {
      mistakes.add(priority, fmt::format("duplicate priority {}", rule.priority),
                   fmt::format("first at line {}", first->second.position().line));
    }
  }
}

}  // namespace tandem::config
