// Host and port as they stand in Host fields and absolute targets (RFC 3986 section 3.2). Internal.
#pragma once

#include <string_view>

namespace tandem::lbd::http1::detail {

/// A non-empty host (name, IPv4 or "[IPv6]") with an optional ":port" (0..65535, may be empty); no
/// user information; at most 261 bytes. `readable` is the start of the readable bytes before the text.
[[nodiscard]] bool valid_authority(std::string_view text, const char* readable) noexcept;

}  // namespace tandem::lbd::http1::detail
