#include "lbd/core/session_end.hpp"

#include <array>

namespace tandem::lbd {
namespace {

using enum EndSide;
using enum EndRetry;
using enum EndLogLevel;

// name, side, retry, status of our reply, level, counter, sentence
constexpr std::array<SessionEndInfo, session_end_count> table = {{
    {"completed", none, never, 0, debug, "completed", "the exchange was complete"},

    {"client_aborted", client, never, 0, info, "client_aborts",
     "the client closed or reset its connection before the reply was complete"},
    {"client_idle", client, never, 0, debug, "completed",
     "the client's idle connection was closed; no request was lost"},
    {"client_head_timeout", client, never, 408, info, "client_timeouts",
     "the request head was not complete within timeouts.request_head"},
    {"client_body_timeout", client, never, 408, info, "client_timeouts",
     "no byte of the request body came within timeouts.body_idle"},
    {"client_too_slow", client, never, 408, info, "client_timeouts",
     "the request body came slower than limits.min_body_rate"},
    {"client_write_timeout", client, never, 0, info, "client_timeouts",
     "the client took no byte of the reply within timeouts.body_idle"},
    {"client_bad_request", client, never, 400, info, "client_errors",
     "the request is malformed or ambiguous; the reason code names the rule it breaks"},
    {"client_body_too_large", client, never, 413, info, "client_errors",
     "the request body is larger than allowed"},
    {"client_rate_limited", client, never, 429, info, "client_errors",
     "the client exceeded its rate limit"},

    {"backend_connect_refused", backend, if_unsent, 502, warning, "backend_connect_errors",
     "the backend refused the connection: nothing listens on its port"},
    {"backend_connect_timeout", backend, if_unsent, 504, warning, "backend_connect_errors",
     "the backend did not accept the connection within timeouts.connect"},
    {"backend_unreachable", backend, if_unsent, 502, warning, "backend_connect_errors",
     "the backend cannot be reached from this node: no route, or no source port is left"},
    {"backend_reset", backend, if_idempotent, 502, warning, "backend_errors",
     "the backend reset the connection in the middle of the exchange"},
    {"backend_closed_early", backend, if_idempotent, 502, warning, "backend_errors",
     "the backend closed the connection before its reply was complete"},
    {"backend_bad_response", backend, never, 502, warning, "backend_errors",
     "the backend's reply is malformed or ambiguous; the reason code names the rule it breaks"},
    {"backend_response_timeout", backend, never, 504, warning, "backend_timeouts",
     "the backend sent no reply within timeouts.backend_first_byte"},
    {"backend_body_timeout", backend, never, 504, warning, "backend_timeouts",
     "the backend's reply stalled in the middle"},
    {"backend_write_timeout", backend, never, 504, warning, "backend_timeouts",
     "the backend took no byte of the request in time"},
    {"backend_too_much", backend, never, 502, warning, "backend_errors",
     "the backend sent bytes beyond the reply it had announced"},
    {"backend_busy", backend, never, 503, warning, "refused",
     "every backend that is up has reached its max_connections"},

    {"no_backend_up", local, never, 503, warning, "refused",
     "no backend of the target group is up"},
    {"no_backend_defined", local, never, 503, warning, "refused",
     "no rule matched and the listener has no default, or the target group has no backend"},
    {"overload_connections", local, never, 503, warning, "refused",
     "limits.max_connections is reached"},
    {"overload_fds", local, never, 503, error, "refused",
     "the process is out of file descriptors; raise its limit (RLIMIT_NOFILE)"},
    {"overload_memory", local, never, 503, error, "refused", "no buffer was left for the exchange"},
    {"draining", local, never, 503, info, "cut", "this node is leaving and the drain time is over"},
    {"reload", local, never, 503, info, "cut",
     "the listener or backend is no longer in the configuration"},
    {"redirected", local, never, 0, debug, "completed", "a rule answered with a redirect"},
    {"tcp_idle", local, never, 0, info, "idle",
     "no byte in either direction within timeouts.tcp_idle"},
    {"tunnel_idle", local, never, 0, info, "idle",
     "no byte in either direction within timeouts.tunnel_idle"},
    {"internal_error", local, never, 500, error, "internal_errors",
     "a fault of lbd itself; please report it"},
}};

}  // namespace

const SessionEndInfo& info(SessionEnd end) noexcept { return table[static_cast<std::size_t>(end)]; }

std::span<const SessionEndInfo, session_end_count> session_ends() noexcept { return table; }

}  // namespace tandem::lbd
