#include <doctest/doctest.h>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

TEST_CASE("a plain response") {
  const auto parsed = parse_response("HTTP/1.1 200 All right\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");
  REQUIRE(parsed->result.state == HeadState::complete);
  CHECK(parsed->head.status == 200);
  CHECK(parsed->text(parsed->head.reason) == "All right");
  CHECK(parsed->head.framing == Framing{BodyKind::length, 5});
  CHECK(parsed->head.keep_alive);
  CHECK(parsed->view().substr(parsed->head.size) == "hello");
}

TEST_CASE("status lines") {
  const auto ok = [](const std::string& first) { return parse_response(first + "\r\n\r\n"); };
  CHECK(ok("HTTP/1.1 204")->head.status == 204);
  CHECK(ok("HTTP/1.1 204 ")->head.status == 204);
  CHECK(ok("HTTP/1.0 599 \xc3\xa9\tx")->head.status == 599);
  CHECK(ok("HTTP/1.0 599 x")->head.minor_version == 0);

  struct Row { const char* line; HeadError error; };
  const Row rows[] = {
      {"HTTP/1.1 99 x", HeadError::status_invalid},   {"HTTP/1.1 099 x", HeadError::status_invalid},
      {"HTTP/1.1 600 x", HeadError::status_invalid},  {"HTTP/1.1 999 x", HeadError::status_invalid},
      {"HTTP/1.1 2000 x", HeadError::status_invalid}, {"HTTP/1.1 20x x", HeadError::status_invalid},
      {"HTTP/1.1  200 x", HeadError::status_invalid}, {"HTTP/1.1\t200 x", HeadError::status_invalid},
      {"HTTP/1.1 200x", HeadError::status_invalid},   {"HTTP/1.1", HeadError::status_invalid},
      {"HTTP/1.1 ", HeadError::status_invalid},       {"HTTP/1.1 200 a\x01", HeadError::status_invalid},
      {"HTTP/2.0 200 x", HeadError::version_unsupported}, {"HTTP/1.2 200 x", HeadError::version_unsupported},
      {"http/1.1 200 x", HeadError::version_malformed}, {"ICY 200 OK", HeadError::version_malformed},
      {"HTTP/2 200", HeadError::version_malformed},   {" HTTP/1.1 200 x", HeadError::version_malformed},
      {"", HeadError::version_malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const auto parsed = ok(row.line);
    CHECK(parsed->result.state == HeadState::error);
    CHECK(info(parsed->result.error).code == info(row.error).code);
  }
  CHECK(parse_response("HTTP/1.1 200 OK\nX: y\r\n\r\n")->result.error == HeadError::bare_lf);
  CHECK(parse_response("HTTP/1.1 200\nX: y\r\n\r\n")->result.error == HeadError::bare_lf);
}

TEST_CASE("framing of responses") {
  struct Row {
    int status;
    const char* fields;
    bool to_head;
    Framing framing;
    bool keep_alive;
  };
  const Row rows[] = {
      {200, "", false, {BodyKind::until_close, 0}, false},
      {200, "", true, {BodyKind::none, 0}, true},
      {200, "Content-Length: 7\r\n", true, {BodyKind::none, 0}, true},
      {200, "Content-Length: 0\r\n", false, {BodyKind::length, 0}, true},
      {200, "Transfer-Encoding: chunked\r\n", false, {BodyKind::chunked, 0}, true},
      {200, "Transfer-Encoding: chunked\r\n", true, {BodyKind::none, 0}, true},
      {200, "Content-Length: 0\r\nConnection: close\r\n", false, {BodyKind::length, 0}, false},
      {304, "Content-Length: 7\r\n", false, {BodyKind::none, 0}, true},
      {204, "Content-Length: 7\r\n", false, {BodyKind::none, 0}, true},
      {100, "", false, {BodyKind::none, 0}, true},
      {103, "Link: x\r\n", false, {BodyKind::none, 0}, true},
      {101, "Connection: upgrade\r\nUpgrade: websocket\r\n", false, {BodyKind::none, 0}, true},
      {205, "", false, {BodyKind::until_close, 0}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.fields);
    const auto parsed =
        parse_response("HTTP/1.1 " + std::to_string(row.status) + " x\r\n" + row.fields + "\r\n", row.to_head);
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->head.framing == row.framing);
    CHECK(parsed->head.keep_alive == row.keep_alive);
    CHECK(parsed->head.is_interim() == (row.status == 100 || row.status == 103));
    CHECK(parsed->head.upgrade == (row.status == 101));
  }
  const auto head = parse_response("HTTP/1.1 200 x\r\nContent-Length: 7\r\n\r\n", true);
  CHECK(head->head.has_content_length);
  CHECK(head->head.content_length == 7);
}

TEST_CASE("ambiguous responses") {
  struct Row { const char* fields; HeadError error; };
  const Row rows[] = {
      {"Content-Length: 5\r\nContent-Length: 5\r\n", HeadError::content_length_duplicate},
      {"Content-Length: 5, 5\r\n", HeadError::content_length_invalid},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", HeadError::length_and_transfer_encoding},
      {"Transfer-Encoding: gzip\r\n", HeadError::transfer_encoding_unsupported},
      {"X: a\r\n b\r\n", HeadError::obs_fold},
      {"X : a\r\n", HeadError::space_before_colon},
      {"X: a\nY: b\r\n", HeadError::bare_lf},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(parse_response(std::string("HTTP/1.1 200 OK\r\n") + row.fields + "\r\n")->result.error == row.error);
  }
  CHECK(parse_response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->result.error ==
        HeadError::transfer_encoding_in_http10);
  CHECK(parse_response("HTTP/1.1 200 OK\r\nX: " + std::string(300, 'x'), false, {256})->result.error ==
        HeadError::head_too_large);
}
