#include <doctest/doctest.h>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

TEST_CASE("a plain request") {
  const auto parsed = parse_request(
      "GET /a/b.html?x=1&y=%20 HTTP/1.1\r\nHost: example.com:8080\r\nAccept:  */* \t\r\nX-Empty:\r\n\r\nrest");
  REQUIRE(parsed->result.state == HeadState::complete);
  const RequestHead& head = parsed->head;
  CHECK(head.method == Method::get);
  CHECK(parsed->text(head.method_text) == "GET");
  CHECK(parsed->text(head.target) == "/a/b.html?x=1&y=%20");
  CHECK(parsed->text(head.path) == "/a/b.html");
  CHECK(parsed->text(head.query) == "x=1&y=%20");
  CHECK(parsed->text(head.authority) == "example.com:8080");
  CHECK(head.form == TargetForm::origin);
  CHECK(head.minor_version == 1);
  CHECK(head.keep_alive);
  CHECK(head.framing == Framing{});
  CHECK(lines_of(head) == std::vector<std::string>{"Host: example.com:8080", "Accept: */*", "X-Empty: "});
  CHECK(parsed->view().substr(head.size) == "rest");
  CHECK(parsed->view().substr(head.fields_end, 2) == "\r\n");
  CHECK(parsed->view().substr(head.fields_begin, 4) == "Host");
  CHECK(head.find(FieldId::host) == &head.fields[0]);
  CHECK(head.find(FieldId::cookie) == nullptr);
}

TEST_CASE("methods") {
  const auto method = [](const std::string& name) {
    return parse_request(name + " / HTTP/1.1\r\nHost: a\r\n\r\n")->head.method;
  };
  CHECK(method("GET") == Method::get);
  CHECK(method("HEAD") == Method::head);
  CHECK(method("POST") == Method::post);
  CHECK(method("PUT") == Method::put);
  CHECK(method("DELETE") == Method::delete_);
  CHECK(method("PATCH") == Method::patch);
  CHECK(method("OPTIONS") == Method::options);
  CHECK(method("TRACE") == Method::trace);
  CHECK(method("get") == Method::other);
  CHECK(method("GETT") == Method::other);
  CHECK(method("M-SEARCH") == Method::other);
  CHECK(method(std::string(32, 'A')) == Method::other);
  CHECK(is_idempotent(Method::put));
  CHECK_FALSE(is_idempotent(Method::post));
  CHECK_FALSE(is_idempotent(Method::patch));
  CHECK_FALSE(is_idempotent(Method::other));
}

TEST_CASE("forms of the target") {
  SUBCASE("absolute") {
    const auto parsed = parse_request("GET HTTP://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->head.form == TargetForm::absolute);
    CHECK(parsed->text(parsed->head.authority) == "b.example:81");
    CHECK(parsed->text(parsed->head.path) == "/p");
    CHECK(parsed->text(parsed->head.query) == "q");
  }
  SUBCASE("absolute without path") {
    const auto parsed = parse_request("GET http://[2001:db8::1]:80?q HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->text(parsed->head.authority) == "[2001:db8::1]:80");
    CHECK(parsed->head.path.size == 0);
    CHECK(parsed->text(parsed->head.query) == "q");
  }
  SUBCASE("asterisk") {
    const auto parsed = parse_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->head.form == TargetForm::asterisk);
    CHECK(parsed->head.path.size == 0);
  }
  SUBCASE("characters that browsers leave as they are") {
    CHECK(parse_request("GET /a|b[1]^{2}`?c=d|e\\f[] HTTP/1.1\r\nHost: a\r\n\r\n")->result.state ==
          HeadState::complete);
  }
}

TEST_CASE("an empty line before the request is forgiven once") {
  const auto parsed = parse_request("\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  REQUIRE(parsed->result.state == HeadState::complete);
  CHECK(parsed->head.start == 2);
  CHECK(parsed->text(parsed->head.method_text) == "POST");
  CHECK(parsed->head.framing == Framing{BodyKind::length, 3});
  CHECK(parsed->view().substr(parsed->head.size) == "abc");
}

TEST_CASE("hosts") {
  for (const char* host : {"a", "A.b-c.example", "127.0.0.1:80", "[::1]", "[::ffff:1.2.3.4]:65535", "a:", "a_b~c",
                           "xn--bcher-kva.example"}) {
    CAPTURE(host);
    const auto parsed = parse_request(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->text(parsed->head.authority) == host);
  }
}

TEST_CASE("framing of requests") {
  const auto framing = [](const std::string& fields) {
    const auto parsed = parse_request("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    return parsed->head.framing;
  };
  CHECK(framing("") == Framing{BodyKind::none, 0});
  CHECK(framing("Content-Length: 0\r\n") == Framing{BodyKind::length, 0});
  CHECK(framing("Content-Length: 0005\r\n") == Framing{BodyKind::length, 5});
  CHECK(framing("Content-Length: 9223372036854775807\r\n") ==
        Framing{BodyKind::length, 9223372036854775807ULL});
  CHECK(framing("Transfer-Encoding: chunked\r\n") == Framing{BodyKind::chunked, 0});
  CHECK(framing("Transfer-Encoding: Chunked\r\n") == Framing{BodyKind::chunked, 0});
}

TEST_CASE("keep-alive, upgrade, expect, te") {
  struct Row {
    const char* version;
    const char* fields;
    bool keep_alive;
    bool upgrade;
    bool expect;
    bool te;
    bool names;
  };
  const Row rows[] = {
      {"1.1", "", true, false, false, false, false},
      {"1.0", "", false, false, false, false, false},
      {"1.1", "Connection: close\r\n", false, false, false, false, false},
      {"1.1", "Connection: CLOSE\r\n", false, false, false, false, false},
      {"1.1", "Connection: keep-alive, close\r\n", false, false, false, false, false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false, false, false, false, false},
      {"1.1", "Connection: , ,\r\n", true, false, false, false, false},
      {"1.1", "Connection: closed\r\n", true, false, false, false, true},
      {"1.0", "Connection: Keep-Alive\r\n", true, false, false, false, false},
      {"1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true, true, false, false, false},
      {"1.1", "Upgrade: websocket\r\n", true, false, false, false, false},
      {"1.1", "Connection: upgrade\r\n", true, false, false, false, false},
      {"1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", true, false, false, false, false},
      {"1.1", "Connection: upgrade\r\nUpgrade: websocket, H2C\r\n", true, false, false, false, false},
      {"1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", true, false, false, false, false},
      {"1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n", false, false, false, false, false},
      {"1.1", "Expect: 100-Continue\r\n", true, false, true, false, false},
      {"1.0", "Expect: 100-continue\r\n", false, false, false, false, false},
      {"1.0", "Expect: whatever\r\n", false, false, false, false, false},
      {"1.1", "Connection: TE\r\nTE: gzip, trailers\r\n", true, false, false, true, false},
      {"1.1", "TE: gzip\r\n", true, false, false, false, false},
      {"1.1", "Connection: x-y, keep-alive\r\n", true, false, false, false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.version);
    CAPTURE(row.fields);
    const auto parsed = parse_request(std::string("GET / HTTP/") + row.version + "\r\nHost: a\r\n" + row.fields + "\r\n");
    REQUIRE(parsed->result.state == HeadState::complete);
    CHECK(parsed->head.keep_alive == row.keep_alive);
    CHECK(parsed->head.upgrade == row.upgrade);
    CHECK(parsed->head.expect_continue == row.expect);
    CHECK(parsed->head.te_trailers == row.te);
    CHECK(parsed->head.connection_names == row.names);
  }
}

TEST_CASE("a 1.0 request needs no host") {
  const auto parsed = parse_request("GET / HTTP/1.0\r\n\r\n");
  REQUIRE(parsed->result.state == HeadState::complete);
  CHECK(parsed->head.authority.size == 0);
  CHECK(parsed->head.fields.empty());
  CHECK(parsed->head.fields_begin == parsed->head.fields_end);
}
