#include "lbd/control/override_codec.hpp"

#include <nlohmann/json.hpp>

namespace tandem::lbd {

using nlohmann::json;

std::string override_key(std::string_view group, std::string_view backend) {
  std::string key(group);
  key += '/';
  key += backend;
  return key;
}

std::optional<std::pair<std::string, std::string>> parse_override_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == key.size()) return std::nullopt;
  return std::pair{std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

std::string encode_override(const Override& override) {
  json value = {{"admin", override.drain ? "drain" : "enabled"}};
  if (override.weight) value["weight"] = *override.weight;
  return value.dump();
}

std::optional<Override> decode_override(std::string_view value) {
  const json parsed = json::parse(value, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  Override result;
  if (const auto admin = parsed.find("admin"); admin != parsed.end()) {
    if (*admin == "drain") {
      result.drain = true;
    } else if (*admin != "enabled") {
      return std::nullopt;
    }
  }
  if (const auto weight = parsed.find("weight"); weight != parsed.end()) {
    if (!weight->is_number_unsigned() || weight->get<std::uint64_t>() > 1000) return std::nullopt;
    result.weight = weight->get<std::uint32_t>();
  }
  return result;
}

}  // namespace tandem::lbd
