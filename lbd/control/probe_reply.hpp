// The reply to an HTTP health check, as far as the verdict needs it.
//
// Pure: bytes from a backend in (any bytes), a status or a reason out. More lenient than the data path's parser on
// purpose: a check asks "would this backend answer", not "is every header well-formed".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/model.hpp"

namespace tandem::lbd {

inline constexpr std::size_t max_probe_reply_bytes = 16 * 1024;

struct ProbeReply {
  enum class State : std::uint8_t { incomplete, complete, malformed };
  State state = State::incomplete;
  int status = 0;      // complete: 200..999, interim replies (1xx) are skipped
  std::string reason;  // malformed: a phrase for the operator
};

/// Looks at all bytes received so far. Complete once the head has ended; the body does not matter.
[[nodiscard]] ProbeReply parse_probe_reply(std::string_view bytes);

/// True if a range holds `status`.
[[nodiscard]] bool status_expected(int status, const std::vector<config::StatusRange>& expected);

/// "200-299, 304", as in the configuration.
[[nodiscard]] std::string ranges_text(const std::vector<config::StatusRange>& ranges);

/// The whole request of a check to `backend`.
[[nodiscard]] std::string probe_request(const config::HealthCheckConfig& check, const Endpoint& backend);

/// At most 32 bytes of `bytes` that can be printed in a log line as they are; others become '.'.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace tandem::lbd
