#include "lbd/control/overrides.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/log/log.hpp"
#include "lbd/control/override_codec.hpp"

namespace tandem::lbd {
namespace {

std::string describe(const Override& override) {
  std::string text = override.drain ? "drain" : "enabled";
  if (override.weight) text += fmt::format(", weight {}", *override.weight);
  return text;
}

}  // namespace

template <class Edit>
Result<> Overrides::edit(const std::string& group, const std::string& backend, Edit edit) {
  const BackendState* state = board_.find(group, backend);
  if (state == nullptr) {
    const auto& all = board_.all();
    const bool group_exists =
        std::any_of(all.begin(), all.end(), [&group](const BackendState& other) { return other.group == group; });
    return Error{group_exists ? fmt::format("target group {} has no backend {}", group, backend)
                              : fmt::format("there is no target group {}", group)};
  }
  Override changed = state->override;
  edit(changed, state->config);
  if (changed == state->override) return {};
  apply(group, backend, changed, "operator");
  const std::string key = override_key(group, backend);
  if (changed.empty()) {
    outputs_.erase(key);
  } else {
    outputs_.put(key, encode_override(changed));
  }
  return {};
}

Result<> Overrides::drain(const std::string& group, const std::string& backend) {
  return edit(group, backend, [](Override& override, const config::BackendConfig&) { override.drain = true; });
}

Result<> Overrides::enable(const std::string& group, const std::string& backend) {
  return edit(group, backend, [](Override& override, const config::BackendConfig&) { override.drain = false; });
}

Result<> Overrides::weight(const std::string& group, const std::string& backend, std::uint32_t weight) {
  return edit(group, backend, [weight](Override& override, const config::BackendConfig& config) {
    override.weight = weight == config.weight ? std::nullopt : std::optional(weight);
  });
}

void Overrides::entry(const wire::Entry& entry) {
  const auto name = parse_override_key(entry.key);
  const auto override = entry.deleted ? std::optional(Override{}) : decode_override(entry.value);
  if (!name || !override) {
    ++ignored_;
    log::warning("overrides: ignoring a replicated entry that is not understood (key of {} bytes, value of {} bytes)",
                 entry.key.size(), entry.value.size());
    return;
  }
  apply(name->first, name->second, *override, "replicated");
}

void Overrides::apply(const std::string& group, const std::string& backend, const Override& override,
                      const std::string& cause) {
  const auto change = board_.set_override(group, backend, override);
  if (!change) return;
  outputs_.tell_workers(change->backend, change->availability);
  outputs_.event("override", override_key(group, backend), fmt::format("{}: {}", cause, describe(override)));
}

}  // namespace tandem::lbd
