// Values out of a daemon's JSON, for people: whatever is missing or of another type shows as text.
//
// Pure. The JSON may come from a daemon of another version, and strings in it from backends: nothing
// here throws, and nothing that it returns can control a terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"

namespace tandem::ctl {

/// `text` with control bytes replaced by '?'.
std::string printable(std::string_view text);

/// A string as it is, numbers in digits, booleans as yes/no; `missing` for null or nothing.
std::string text_field(const nlohmann::ordered_json& object, std::string_view name, std::string_view missing = "-");
std::int64_t number_field(const nlohmann::ordered_json& object, std::string_view name, std::int64_t missing = 0);
/// A number of milliseconds, rounded: "40 ms"; "-" without it.
std::string milliseconds_field(const nlohmann::ordered_json& object, std::string_view name);
bool bool_field(const nlohmann::ordered_json& object, std::string_view name, bool missing = false);
/// The member; null if there is none.
const nlohmann::ordered_json& member(const nlohmann::ordered_json& object, std::string_view name);
/// The elements of an array member; none if it is not an array.
std::vector<nlohmann::ordered_json> elements(const nlohmann::ordered_json& object, std::string_view name);

/// "850ms", "12s", "3m5s", "2h13m", "5d4h".
std::string age_text(Duration age);
/// The age of a "*_ns" member at `now`; "-" without it.
std::string age_field(const nlohmann::ordered_json& object, std::string_view name, TimePoint now);

}  // namespace tandem::ctl
