// The tables of schema.hpp as a JSON schema (draft 7, which editors support best), so that they
// complete keys and mark mistakes in tandem.json while it is written.
#pragma once

#include <string>

namespace tandem::config {

/// Where the package puts the schema; what "$schema" of a configuration on a host says.
inline constexpr const char* installed_schema = "file:///usr/share/tandem/tandem.schema.json";

/// The schema, indented, with a line end. It accepts every file that load() accepts, and refuses
/// unknown keys, missing keys, wrong types, choices and ranges of numbers; ranges of durations and
/// what depends on other keys is for `lbctl check`.
std::string json_schema();

}  // namespace tandem::config
