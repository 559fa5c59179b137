// How a session (one HTTP exchange, one TCP connection) ended: exactly one SessionEnd each, and THE
// table that says what follows from it. Everything that depends on the end of a session reads this
// table: retries, the reply, log level, counters, `lbctl explain`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::lbd {

enum class SessionEnd : std::uint8_t {
  completed,
  // the client's side
  client_aborted,           // closed or reset before the reply was complete
  client_idle,              // keep-alive time over, or closed between two requests: nothing was lost
  client_head_timeout,      // request head not complete in time
  client_body_timeout,      // no body byte in time
  client_too_slow,          // body below the minimum rate
  client_write_timeout,     // takes no byte of the reply in time
  client_bad_request,       // HeadError says why
  client_body_too_large,
  client_rate_limited,
  // the backend's side
  backend_connect_refused,
  backend_connect_timeout,
  backend_unreachable,      // no route, no source port, network down
  backend_reset,            // reset in the middle
  backend_closed_early,     // closed before the reply was complete
  backend_bad_response,     // HeadError says why
  backend_response_timeout, // no first byte in time
  backend_body_timeout,     // reply stalled in the middle
  backend_write_timeout,    // takes no byte of the request in time
  backend_too_much,         // bytes beyond the reply it announced
  backend_busy,             // every eligible backend is at max_connections
  // ours
  no_backend_up,
  no_backend_defined,       // no rule matched and no default, or the group is empty
  overload_connections,
  overload_fds,
  overload_memory,
  draining,                 // node leaves: the drain time is over
  reload,                   // its listener or backend is gone from the configuration
  redirected,               // answered by a rule
  tcp_idle,
  tunnel_idle,
  internal_error,
};

inline constexpr std::size_t session_end_count = static_cast<std::size_t>(SessionEnd::internal_error) + 1;

enum class EndSide : std::uint8_t { none, client, backend, local };

/// Whether another backend may be asked. A retry also needs an idempotent method or an unsent request,
/// attempts left and budget: see lbd/core/retry.hpp.
enum class EndRetry : std::uint8_t {
  never,
  if_unsent,     // no byte of the request can have been processed: any method
  if_idempotent, // the backend may have seen it: idempotent methods, nothing of the reply forwarded
};

enum class EndLogLevel : std::uint8_t { debug, info, warning, error };

struct SessionEndInfo {
  std::string_view name;      // stable: access log "end", metrics label, reason code in our reply
  EndSide side;
  EndRetry retry;
  std::uint16_t http_status;  // of our reply if none was begun; 0: just close
  EndLogLevel level;
  std::string_view counter;   // metric it is summed in: "completed", "client_errors", ...
  std::string_view sentence;  // for the operator
};

/// The row of an end. Views live for ever.
[[nodiscard]] const SessionEndInfo& info(SessionEnd end) noexcept;

/// All rows, indexed by SessionEnd.
[[nodiscard]] std::span<const SessionEndInfo, session_end_count> session_ends() noexcept;

}  // namespace tandem::lbd
