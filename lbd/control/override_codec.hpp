// How an operator's override travels in the replicated table "overrides".
//
// Key: "GROUP/BACKEND". Value: {"admin": "drain"|"enabled", "weight": 5}, each field optional; fields that a newer
// version adds are ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lbd/control/backend_board.hpp"

namespace tandem::lbd {

inline constexpr std::string_view overrides_table = "overrides";

[[nodiscard]] std::string override_key(std::string_view group, std::string_view backend);
/// Group and backend; nullopt if there is no '/' with a name on each side.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> parse_override_key(std::string_view key);

[[nodiscard]] std::string encode_override(const Override& override);
/// nullopt for anything that is not such an object, or a weight out of 0..1000.
[[nodiscard]] std::optional<Override> decode_override(std::string_view value);

}  // namespace tandem::lbd
