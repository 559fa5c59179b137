// Durations ("100ms") and sizes ("64KiB") as they are written in tandem.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace tandem::config {

/// A whole number and one of ms, s, m, h, d, without space. The error says what is wrong with
/// the text, and is meant to follow the field's path.
Result<Duration> parse_duration(std::string_view text);
/// The shortest such text for `duration` (a multiple of 1 ms): "90s" for 90 s, "1h" for 60 min.
std::string format_duration(Duration duration);

/// A whole number and one of B, KiB, MiB, GiB. In bytes.
Result<std::int64_t> parse_size(std::string_view text);
std::string format_size(std::int64_t bytes);

}  // namespace tandem::config
