#include "lbd/core/session_end.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace tandem::lbd;

TEST_CASE("every end has one row with a name, a counter and a sentence") {
  std::set<std::string_view> names;
  for (const SessionEndInfo& row : session_ends()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.counter.empty());
    CHECK_FALSE(row.sentence.empty());
    CHECK((row.http_status == 0 || (row.http_status >= 400 && row.http_status <= 599)));
    if (row.retry != EndRetry::never) CHECK(row.side == EndSide::backend);
    if (row.side == EndSide::backend) CHECK(row.http_status >= 502);
    if (row.side == EndSide::client) CHECK(row.http_status < 500);
    // The name begins with its side, so that the table cannot slip by a row unseen.
    if (row.side == EndSide::client) CHECK(row.name.starts_with("client_"));
    if (row.side == EndSide::backend) CHECK(row.name.starts_with("backend_"));
  }
  CHECK(session_ends().size() == session_end_count);
}

TEST_CASE("rows and enumerators agree") {
  using enum SessionEnd;
  CHECK(info(completed).name == "completed");
  CHECK(info(client_aborted).name == "client_aborted");
  CHECK(info(client_bad_request).http_status == 400);
  CHECK(info(client_rate_limited).http_status == 429);
  CHECK(info(backend_connect_refused).retry == EndRetry::if_unsent);
  CHECK(info(backend_reset).retry == EndRetry::if_idempotent);
  CHECK(info(backend_response_timeout).http_status == 504);
  CHECK(info(backend_busy).name == "backend_busy");
  CHECK(info(no_backend_up).http_status == 503);
  CHECK(info(draining).name == "draining");
  CHECK(info(tunnel_idle).name == "tunnel_idle");
  CHECK(info(internal_error).http_status == 500);
}
