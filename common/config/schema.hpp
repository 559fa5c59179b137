// The schema of tandem.json as data: for every object one table of its keys.
//
// The reader checks files against these tables (unknown keys, types, ranges, missing keys), and
// everything that describes the format can be generated from root_object downwards. What a
// table cannot say (references, combinations) is in validate.hpp. Defaults are in model.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/config/names.hpp"

namespace tandem::config {

enum class ValueType : std::uint8_t {
  boolean,
  integer,         // min..max, or one of `choices`
  duration,        // "2s"; min..max in milliseconds
  size,            // "64KiB" or a number of bytes; min..max in bytes
  text,            // min..max bytes, no control characters
  name,            // 1..64 of A-Z a-z 0-9 . _ -
  choice,          // one of `choices`
  address,         // IP address
  listen_address,  // IP address or "*"
  endpoint,        // IP address and port
  host,            // IP address with or without port
  prefix,          // IP address with or without /length
  status_ranges,   // HTTP status codes: 200, "200-299", "200,204"
  header_map,      // object of header names and texts
  object,          // described by `object`
};

/// Items of any list, and members of a header_map.
inline constexpr std::size_t longest_list = 10'000;

struct ObjectSpec;

struct KeySpec {
  std::string_view name;
  ValueType type = ValueType::text;
  std::string_view meaning;  // one line for the manual
  std::int64_t min = 0;
  std::int64_t max = 0;
  Names choices = {};
  const ObjectSpec* object = nullptr;
  bool required = false;
  bool list = false;         // an array of `type`
  bool or_single = false;    // of a list: one item may stand without brackets
  std::size_t at_least = 0;  // items of a list
};

struct ObjectSpec {
  std::string_view name;  // what it is, with article: "a listener"
  std::span<const KeySpec> keys;

  /// nullptr if there is no such key.
  [[nodiscard]] const KeySpec* find(std::string_view key) const;
};

extern const ObjectSpec root_object, cluster_object, node_object, sync_object,
    virtual_address_object, track_object, certificate_object, listener_object, header_edits_object, rule_object,
    condition_object, named_condition_object, redirect_object, weighted_target_group_object,
    target_group_object, backend_object, health_check_object, outlier_detection_object,
    sticky_object, timeouts_object, limits_object, admin_object, log_object;

/// What a value of the key (of one item, if it is a list) looks like: "a whole number from 1 to
/// 65535". Completes "must be …".
std::string describe(const KeySpec& key);

}  // namespace tandem::config
