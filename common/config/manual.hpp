// What the manual and editors say about a key beside its row in the schema: the default and an
// example, both as they would stand in the file.
//
// The defaults themselves are in model.hpp; a test loads every default written here and compares.
#pragma once

#include <span>
#include <string_view>

#include "common/config/schema.hpp"

namespace tandem::config {

struct KeyManual {
  std::string_view key;
  std::string_view default_value;  // JSON; empty: there is none, leaving it out means "not there"
  std::string_view example;        // JSON; never empty
  std::string_view notes;          // further sentences for the manual, may be empty
};

/// The manual of `object`'s keys, in any order; empty for an object that has none.
std::span<const KeyManual> manual_of(const ObjectSpec& object);
/// nullptr if the manual does not know the key.
const KeyManual* manual_of(const ObjectSpec& object, std::string_view key);

}  // namespace tandem::config
