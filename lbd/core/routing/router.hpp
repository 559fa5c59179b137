// The rules of one listener, compiled: which target group (or redirect) a request goes to.
//
// Compiled once per snapshot and immutable; route() allocates nothing. Paths are compared as received,
// not decoded: "/%61pi" is not "/api".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "lbd/core/http1/head.hpp"

namespace tandem::lbd {

/// What routing looks at.
struct RouteInput {
  const http1::RequestHead& head;
  IpAddress source;
  std::uint64_t random = 0;  // for weighted target groups: one fresh number per request
};

struct RouteResult {
  enum class Kind : std::uint8_t { group, redirect, none };
  static constexpr std::uint32_t by_default = UINT32_MAX;

  Kind kind = Kind::none;
  std::uint32_t rule = by_default;  // index into ListenerConfig::rules; by_default: no rule matched
  std::uint32_t group = 0;          // Kind::group: index given by the resolver
};

class Router {
 public:
  /// Index of a target group by name; nullopt if there is none.
  using GroupResolver = std::function<std::optional<std::uint32_t>(std::string_view)>;

  Router() = default;

  /// Compiles rules and default. Fails on an unknown group, on weights that are all 0 and on redirect
  /// texts with control characters.
  static Result<Router> compile(const config::ListenerConfig& listener, const GroupResolver& resolve);

  /// First rule (by priority) whose conditions all hold, else the default.
  [[nodiscard]] RouteResult route(const RouteInput& input) const noexcept;

  /// Status of a redirect rule.
  [[nodiscard]] std::uint16_t redirect_status(std::uint32_t rule) const noexcept;

  /// Writes the Location of a redirect rule: an absolute URI of the rule's parts and the request's for
  /// what the rule leaves open; another scheme means its default port, another path keeps the query.
  /// `scheme` and `port` are the listener's (the port counts only if the request named no host). The
  /// result holds no control character. Empty if it does not fit or no host is known.
  [[nodiscard]] std::string_view write_location(std::uint32_t rule, const http1::RequestHead& head,
                                                std::string_view scheme, std::uint16_t port,
                                                std::span<char> out) const noexcept;

 private:
  struct Condition {
    config::ConditionConfig::Kind kind{};
    http1::FieldId field{};           // header: id of the name
    std::string name;                 // header, query, cookie
    std::vector<std::string> values;  // host: in lower case, may hold '*'; path: may hold '*'
    std::vector<Prefix> sources;
  };
  struct Share { std::uint32_t group; std::uint64_t up_to; };  // cumulated weight
  struct Rule {
    std::vector<Condition> conditions;
    std::vector<Share> shares;
    std::optional<config::RedirectConfig> redirect;
  };

  static Result<Condition> compile_condition(const config::ConditionConfig& config);
  static Result<std::vector<Share>> compile_shares(const std::vector<config::WeightedTargetGroup>& groups,
                                                   const GroupResolver& resolve);
  static Result<Rule> compile_rule(const config::RuleConfig& config, const GroupResolver& resolve);
  static bool holds(const Condition& condition, const RouteInput& input) noexcept;
  static std::uint32_t choose(const std::vector<Share>& shares, std::uint64_t random) noexcept;

  std::vector<Rule> rules_;
  std::optional<std::uint32_t> default_group_;
};

}  // namespace tandem::lbd
