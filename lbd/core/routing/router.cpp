#include "lbd/core/routing/router.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "lbd/core/http1/char_class.hpp"
#include "lbd/core/routing/uri_parts.hpp"
#include "lbd/core/routing/wildcard.hpp"
#include "lbd/core/sticky/cookie.hpp"

namespace tandem::lbd {
namespace {

using Kind = config::ConditionConfig::Kind;

bool clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_one_of(const std::vector<std::string>& values, std::string_view text) noexcept {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool host_matches(const std::vector<std::string>& patterns, const http1::RequestHead& head) noexcept {
  if (head.authority.size == 0) return false;
  const std::string_view host = split_authority(head.text(head.authority)).host;
  return std::any_of(patterns.begin(), patterns.end(), [host](const std::string& pattern) {
    return wildcard_match_no_case(pattern, host);
  });
}

/// RFC 9112 section 3.2.1: an absolute target without a path means "/".
std::string_view path_of(const http1::RequestHead& head) noexcept {
  if (head.path.size == 0 && head.form == http1::TargetForm::absolute) return "/";
  return head.text(head.path);
}

bool path_matches(const std::vector<std::string>& patterns, const http1::RequestHead& head) noexcept {
  const std::string_view path = path_of(head);
  return std::any_of(patterns.begin(), patterns.end(), [path](const std::string& pattern) {
    return wildcard_match(pattern, path);
  });
}

bool header_matches(http1::FieldId id, std::string_view name, const std::vector<std::string>& values,
                    const http1::RequestHead& head) noexcept {
  if (!head.present.has(id)) return false;
  for (const http1::Field& field : head.fields) {
    if (field.id != id || (id == http1::FieldId::other && !http1::equal_no_case(head.name(field), name))) {
      continue;
    }
    if (is_one_of(values, head.value(field))) return true;
  }
  return false;
}

}  // namespace

Result<Router::Condition> Router::compile_condition(const config::ConditionConfig& config) {
  Condition condition;
  condition.kind = config.kind;
  condition.name = config.name;
  condition.field = http1::recognise_field(config.name);
  condition.values = config.values;
  if (config.kind == Kind::host) {
    for (std::string& value : condition.values) {
      std::transform(value.begin(), value.end(), value.begin(), http1::detail::to_lower);
    }
  }
  if (config.kind == Kind::source) {
    for (const std::string& value : config.values) {
      const auto prefix = Prefix::parse(value);
      if (!prefix) return Error{"source \"" + value + "\" is neither an address nor a prefix"};
      condition.sources.push_back(*prefix);
    }
  }
  return condition;
}

Result<std::vector<Router::Share>> Router::compile_shares(
    const std::vector<config::WeightedTargetGroup>& groups, const GroupResolver& resolve) {
  std::vector<Share> shares;
  std::uint64_t sum = 0;
  for (const config::WeightedTargetGroup& group : groups) {
    const auto index = resolve(group.name);
    if (!index) return Error{"unknown target group \"" + group.name + "\""};
    if (group.weight == 0) continue;
    sum += group.weight;
    shares.push_back({*index, sum});
  }
  if (shares.empty()) return Error{"no target group with a weight above 0"};
  if (sum > UINT32_MAX) return Error{"the weights of the target groups add up to more than 2^32-1"};
  return shares;
}

Result<Router::Rule> Router::compile_rule(const config::RuleConfig& config, const GroupResolver& resolve) {
  Rule rule;
  for (const config::ConditionConfig& condition : config.conditions) {
    auto compiled = compile_condition(condition);
    if (!compiled) return compiled.error();
    rule.conditions.push_back(std::move(*compiled));
  }
  if (config.redirect) {
    const config::RedirectConfig& redirect = *config.redirect;
    if (!clean(redirect.scheme) || !clean(redirect.host) || !clean(redirect.path)) {
      return Error{"redirect with a blank, a control character or a letter outside ASCII"};
    }
    rule.redirect = redirect;
    return rule;
  }
  auto shares = compile_shares(config.target_groups, resolve);
  if (!shares) return shares.error();
  rule.shares = std::move(*shares);
  return rule;
}

Result<Router> Router::compile(const config::ListenerConfig& listener, const GroupResolver& resolve) {
  Router router;
  for (const config::RuleConfig& config : listener.rules) {
    auto rule = compile_rule(config, resolve);
    if (!rule) {
      return Error{"listener \"" + listener.name + "\", rule \"" + config.name +
                   "\": " + rule.error().message};
    }
    router.rules_.push_back(std::move(*rule));
  }
  if (!listener.default_target_group.empty()) {
    router.default_group_ = resolve(listener.default_target_group);
    if (!router.default_group_) {
      return Error{"listener \"" + listener.name + "\": unknown target group \"" +
                   listener.default_target_group + "\""};
    }
  }
  return router;
}

bool Router::holds(const Condition& condition, const RouteInput& input) noexcept {
  const http1::RequestHead& head = input.head;
  switch (condition.kind) {
    case Kind::host:
      return host_matches(condition.values, head);
    case Kind::path:
      return path_matches(condition.values, head);
    case Kind::method:
      return is_one_of(condition.values, head.text(head.method_text));
    case Kind::header:
      return header_matches(condition.field, condition.name, condition.values, head);
    case Kind::query:
      return any_query_parameter(head.text(head.query), [&condition](auto name, auto value) {
        return name == condition.name && is_one_of(condition.values, value);
      });
    case Kind::cookie: {
      const auto cookie = find_cookie(head, condition.name);
      return cookie && is_one_of(condition.values, *cookie);
    }
    case Kind::source:
      return std::any_of(condition.sources.begin(), condition.sources.end(),
                         [&input](const Prefix& prefix) { return prefix.contains(input.source); });
  }
  return false;
}

std::uint32_t Router::choose(const std::vector<Share>& shares, std::uint64_t random) noexcept {
  const std::uint64_t at = (random >> 32) * shares.back().up_to >> 32;
  for (const Share& share : shares) {
    if (at < share.up_to) return share.group;
  }
  return shares.back().group;
}

RouteResult Router::route(const RouteInput& input) const noexcept {
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    const bool all = std::all_of(rule.conditions.begin(), rule.conditions.end(),
                                 [&input](const Condition& condition) { return holds(condition, input); });
    if (!all) continue;
    if (rule.redirect) return {RouteResult::Kind::redirect, i, 0};
    return {RouteResult::Kind::group, i, choose(rule.shares, input.random)};
  }
  if (!default_group_) return {};
  return {RouteResult::Kind::group, RouteResult::by_default, *default_group_};
}

std::uint16_t Router::redirect_status(std::uint32_t rule) const noexcept {
  TANDEM_ASSERT(rule < rules_.size() && rules_[rule].redirect);
  return rules_[rule].redirect->status;
}

}  // namespace tandem::lbd
