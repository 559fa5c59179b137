#include "common/io/http_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tandem::io;

namespace {

int refused_status(const std::string& bytes) {
  const auto parsed = parse_request_head(bytes);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? 0 : refusal->status;
}

}  // namespace

TEST_CASE("a request head becomes method, path, query and body length") {
  const std::string text =
      "POST /v1/drain?dry=1&x HTTP/1.1\r\nHost: lbd\r\ncontent-LENGTH:  17 \r\nExpect: 100-continue\r\n\r\n{\"a\"";
  const auto parsed = parse_request_head(text);
  const auto* head = std::get_if<RequestHead>(&parsed);
  REQUIRE(head != nullptr);
  CHECK(head->method == "POST");
  CHECK(head->path == "/v1/drain");
  CHECK(head->query == "dry=1&x");
  CHECK(head->body_bytes == 17);
  CHECK(head->expects_continue);
  CHECK(text.substr(head->head_bytes) == "{\"a\"");
}

TEST_CASE("a head is incomplete at every byte but its last") {
  const std::string text = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK(std::holds_alternative<Incomplete>(parse_request_head(text.substr(0, size))));
  }
  CHECK(std::holds_alternative<RequestHead>(parse_request_head(text)));
  CHECK(std::holds_alternative<RequestHead>(parse_request_head("GET / HTTP/1.0\n\n")));
}

TEST_CASE("what is not a request is refused with the status that says why") {
  struct Row {
    const char* what;
    std::string bytes;
    int status;
  };
  const std::vector<Row> rows = {
      {"no words", "\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"another protocol", "GET / SPDY/3\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"method is not a token", "G(T / HTTP/1.1\r\n\r\n", 400},
      {"absolute form", "GET http://lbd/ HTTP/1.1\r\n\r\n", 400},
      {"control byte in the target", std::string("GET /a\x01 HTTP/1.1\r\n\r\n"), 400},
      {"high byte in the target", "GET /\xc3\xa9 HTTP/1.1\r\n\r\n", 400},
      {"field without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400},
      {"space before the colon", "GET / HTTP/1.1\r\nA : b\r\n\r\n", 400},
      {"folded line", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400},
      {"chunked body", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
      {"length is not a number", "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400},
      {"negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
      {"body too long", "POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413},
      {"length overflows", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
      {"endless line", std::string(max_head_bytes, 'x'), 431},
      {"endless fields", "GET / HTTP/1.1\r\nA: " + std::string(max_head_bytes, 'x') + "\r\n\r\n", 431},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(refused_status(row.bytes) == row.status);
  }
}

TEST_CASE("a response that we write is a response that we read") {
  const std::string text = response_text({.status = 409, .body = "{}\n"}, "GET, POST", true);
  const auto parsed = parse_response_head(text);
  const auto* head = std::get_if<ResponseHead>(&parsed);
  REQUIRE(head != nullptr);
  CHECK(head->status == 409);
  CHECK(head->content_type == "application/json");
  CHECK(head->body_bytes == 3);
  CHECK(text.substr(head->head_bytes) == "{}\n");
  CHECK(text.find("\r\nAllow: GET, POST\r\n") != std::string::npos);
  CHECK(text.find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("an answer to HEAD has a length and no body") {
  const std::string text = response_text({.status = 200, .body = "abc"}, "", false);
  CHECK(text.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(text.substr(text.size() - 4) == "\r\n\r\n");
}

TEST_CASE("a stream's head has no length") {
  const auto parsed = parse_response_head(stream_head_text());
  const auto* head = std::get_if<ResponseHead>(&parsed);
  REQUIRE(head != nullptr);
  CHECK_FALSE(head->body_bytes);
}

TEST_CASE("a request that we write is a request that we read") {
  const std::string text = request_text("POST", "/v1/weight", "{\"weight\":5}");
  const auto parsed = parse_request_head(text);
  const auto* head = std::get_if<RequestHead>(&parsed);
  REQUIRE(head != nullptr);
  CHECK(head->path == "/v1/weight");
  CHECK(head->body_bytes == 12);
}

TEST_CASE("lines come out whole, however the bytes are cut") {
  const std::string text = "one\n\ntwo\nthree";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    LineSplitter splitter;
    std::vector<std::string> lines;
    const auto keep = [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    };
    CHECK(splitter.feed(text.substr(0, cut), keep));
    CHECK(splitter.feed(text.substr(cut), keep));
    CHECK(lines == std::vector<std::string>{"one", "", "two"});
  }
}

TEST_CASE("a line without an end is given up, and a reader may stop") {
  LineSplitter splitter;
  const auto ignore = [](std::string_view) { return true; };
  CHECK(splitter.feed(std::string(max_line_bytes, 'x'), ignore));
  CHECK_FALSE(splitter.feed("x", ignore));
  LineSplitter stopped;
  int seen = 0;
  CHECK_FALSE(stopped.feed("a\nb\n", [&](std::string_view) { return ++seen < 1; }));
  CHECK(seen == 1);
}
