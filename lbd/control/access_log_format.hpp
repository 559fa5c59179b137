// One line of the access log: an AccessRecord as JSON. doc/ACCESS_LOG.md documents the fields.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/runtime/access_record.hpp"

namespace tandem::lbd {

/// Appends `record` as one JSON object and a newline to `out`. Pure.
///
/// `to_unix` is what must be added to a TimePoint to get nanoseconds since 1970 (UTC). The request's own words are
/// bytes from anywhere: each comes out as printable ASCII or escaped (a byte of 0x80 and more as \u0080..\u00ff), so a
/// line is valid JSON, in one line, whatever a client sends.
void format_access_line(const AccessRecord& record, const NameTable& names, Duration to_unix, std::string& out);

/// Appends `bytes` with the escapes of a JSON string, without quotes.
void append_escaped(std::string_view bytes, std::string& out);

}  // namespace tandem::lbd
