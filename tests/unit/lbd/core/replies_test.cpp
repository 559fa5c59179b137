#include "lbd/core/http1/replies.hpp"

#include <doctest/doctest.h>

#include "lbd/core/session_end.hpp"
#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd;
using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

TEST_CASE("every error of the tables has a well-formed reply that fits") {
  const auto check = [](std::uint16_t status, std::string_view code) {
    CAPTURE(code);
    CHECK(reason_phrase(status) != "Unknown");
    for (const bool close : {false, true}) {
      for (const bool to_head : {false, true}) {
        std::array<char, max_error_reply> out;
        const auto reply = write_error_reply(out, status, code, {close, to_head, false});
        REQUIRE_FALSE(reply.empty());
        const auto parsed = parse_response(reply, to_head);
        REQUIRE(parsed->result.state == HeadState::complete);
        CHECK(parsed->head.status == status);
        CHECK(parsed->head.keep_alive == !close);
        const auto body = parsed->view().substr(parsed->head.size);
        if (to_head) {
          CHECK(body.empty());
          CHECK(parsed->head.content_length > 10);
        } else {
          CHECK(body.size() == parsed->head.framing.length);
          CHECK(body.find(code) != std::string_view::npos);
          CHECK(body.back() == '\n');
        }
        const bool again = status == 429 || status == 503;
        CHECK(values_of(parsed->head, "Retry-After") == (again ? "1" : ""));
      }
    }
  };
  for (std::size_t i = 1; i < head_error_count; ++i) {
    const auto& row = info(static_cast<HeadError>(i));
    check(row.http_status, row.code);
  }
  for (const SessionEndInfo& row : session_ends()) {
    if (row.http_status != 0) check(row.http_status, row.name);
  }
}

TEST_CASE("a code cannot break out of the reply") {
  std::array<char, max_error_reply> out;
  const std::string reply(write_error_reply(out, 500, "a\r\nX: y", {}));
  CHECK(reply.ends_with("500 Internal Server Error: a\n"));
  CHECK(std::string(write_error_reply(out, 500, "", {})).ends_with("500 Internal Server Error\n"));
  CHECK_FALSE(write_error_reply(out, 500, std::string(1000, 'x'), {}).empty());
}

TEST_CASE("redirects, 1.0 clients and small buffers") {
  std::array<char, 256> out;
  const auto parsed =
      parse_response(write_redirect_reply(out, 308, "https://a/b?c", {false, false, true}));
  REQUIRE(parsed->result.state == HeadState::complete);
  CHECK(parsed->head.status == 308);
  CHECK(values_of(parsed->head, "Location") == "https://a/b?c");
  CHECK(values_of(parsed->head, "Connection") == "keep-alive");
  CHECK(parsed->head.framing == Framing{BodyKind::length, 0});
  CHECK(write_redirect_reply(out, 308, std::string(250, 'x'), {}).empty());
  std::array<char, 8> tiny;
  CHECK(write_error_reply(tiny, 503, "x", {}).empty());
}
