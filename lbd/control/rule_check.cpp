#include "lbd/control/rule_check.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "lbd/core/http1/edits.hpp"
#include "lbd/core/routing/router.hpp"

namespace tandem::lbd {

Result<> check_rules(const config::Config& config) {
  const auto resolve = [&config](std::string_view name) -> std::optional<std::uint32_t> {
    const auto& groups = config.target_groups;
    const auto found = std::find_if(groups.begin(), groups.end(), [name](const auto& g) { return g.name == name; });
    if (found == groups.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - groups.begin());
  };
  for (const config::ListenerConfig& listener : config.listeners) {
    const auto refuse = [&listener](std::string_view where, const Error& error) {
      return Error{fmt::format("listener {}: {}: {}", listener.name, where, error.message)};
    };
    if (auto edits = http1::CompiledEdits::compile(listener.request_headers); !edits) {
      return refuse("request_headers", edits.error());
    }
    if (auto edits = http1::CompiledEdits::compile(listener.response_headers); !edits) {
      return refuse("response_headers", edits.error());
    }
    if (auto router = Router::compile(listener, resolve); !router) return refuse("rules", router.error());
  }
  return {};
}

}  // namespace tandem::lbd
