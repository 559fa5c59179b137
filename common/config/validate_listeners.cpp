#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/config/names.hpp"
#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

using Protocol = ListenerProtocol;

/// Keys that only listeners of some protocols understand.
void refuse_keys(const ListenerConfig& listener, const Place& place, Diagnostics& mistakes) {
  struct Restriction {
    std::string_view key;
    bool (*allowed)(Protocol);
    std::string_view who;
  };
  static constexpr Restriction restrictions[] = {
      {"certificates", [](Protocol p) { return p == Protocol::https || p == Protocol::tls; },
       "https and tls"},
      {"http2", &is_http, "http and https"},
      {"trusted_proxies", &is_http, "http and https"},
      {"request_headers", &is_http, "http and https"},
      {"response_headers", &is_http, "http and https"},
  };
  for (const Restriction& restriction : restrictions) {
    const Place value = place[restriction.key];
    if (!value.exists() || restriction.allowed(listener.protocol)) continue;
    mistakes.add(value, fmt::format("{} cannot have this, only {} listeners can",
                                    listener_kind(listener.protocol), restriction.who));
  }
}

void check_certificates(const ListenerConfig& listener, const NameIndex& certificates,
                        const Place& place, Diagnostics& mistakes) {
  const Place list = place["certificates"];
  for (std::size_t i = 0; i < listener.certificates.size(); ++i) {
    certificates.resolve(listener.certificates[i], list[i], mistakes);
  }
  // A tls listener without certificates passes the bytes through, by SNI.
  if (listener.protocol == Protocol::https && listener.certificates.empty() &&
      !mistakes.reported(list)) {
    mistakes.add(list, "an https listener needs at least one certificate");
  }
}

/// Whether a listener can speak to a group's backends.
bool compatible(Protocol listener, BackendProtocol group) {
  const bool http_group = group == BackendProtocol::http || group == BackendProtocol::https;
  const bool udp_group = group == BackendProtocol::udp;
  if (is_http(listener)) return http_group;
  if (listener == Protocol::udp) return udp_group;
  return !http_group && !udp_group;
}

std::string_view wanted_protocols(Protocol listener) {
  if (is_http(listener)) return "http or https";
  return listener == Protocol::udp ? "udp" : "tcp or tls";
}

}  // namespace

std::string listener_kind(ListenerProtocol protocol) {
  return fmt::format("{} {} listener", is_http(protocol) ? "an" : "a", name_of(protocol));
}

void validate_target(const std::string& name, const RuleContext& context, const Place& place,
                     Diagnostics& mistakes) {
  const auto index = context.target_groups.resolve(name, place, mistakes);
  if (!index || context.protocol_unknown) return;
  const BackendProtocol protocol = context.config.target_groups[*index].protocol;
  if (mistakes.reported(fmt::format("target_groups[{}].protocol", *index))) return;
  if (compatible(context.listener.protocol, protocol)) return;
  mistakes.add(place, fmt::format("the target group {} speaks {}, but {} needs {}", quote(name),
                                  name_of(protocol), listener_kind(context.listener.protocol),
                                  wanted_protocols(context.listener.protocol)));
}

void validate_listeners(const Config& config, const Definitions& definitions, const Place& root,
                        Diagnostics& mistakes) {
  const Place section = root["listeners"];
  index_names("listener", config.listeners, section, mistakes);
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const ListenerConfig& listener = config.listeners[i];
    const Place place = section[i];
    const RuleContext context{config, listener, definitions.target_groups,
                              mistakes.reported(place["protocol"])};
    if (!context.protocol_unknown) {
      refuse_keys(listener, place, mistakes);
      check_certificates(listener, definitions.certificates, place, mistakes);
    }
    validate_rules(context, place["rules"], mistakes);
    const Place target = place["default_target_group"];
    if (target.exists()) {
      validate_target(listener.default_target_group, context, target, mistakes);
      continue;
    }
    if (mistakes.reported(target) || mistakes.reported(place["rules"])) continue;
    const bool catch_all =
        std::any_of(listener.rules.begin(), listener.rules.end(),
                    [](const RuleConfig& rule) { return rule.conditions.empty(); });
    if (!catch_all) {
      mistakes.add(target, "what matches no rule has nowhere to go",
                   "add \"default_target_group\", or a last rule without conditions");
    }
  }
}

}  // namespace tandem::config
