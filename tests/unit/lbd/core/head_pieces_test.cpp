// Heads that arrive in pieces: the same outcome for every split, at linear cost.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

namespace {

const char* const requests[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nGET / HTTP/1.0\r\n\r\n",
    "POST http://b/p?q HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nX: \t y \r\nConnection: a, b\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n",
};

}  // namespace

TEST_CASE("split at every byte, in two and in single bytes") {
  for (const std::string text : requests) {
    const auto whole = parse_request(text);
    REQUIRE(whole->result.state == HeadState::complete);
    for (std::size_t split = 0; split <= text.size(); ++split) {
      Parsed<RequestHead> parsed(text + "tail");
      auto result = parse_request_head({parsed.bytes.get(), split}, {}, parsed.storage,
                                       parsed.progress, parsed.head);
      if (split < text.size()) {
        REQUIRE(result.state == HeadState::incomplete);
        result = parse_request_head(parsed.view(), {}, parsed.storage, parsed.progress, parsed.head);
      }
      REQUIRE(result.state == HeadState::complete);
      CHECK(parsed.head.size == text.size());
      CHECK(lines_of(parsed.head) == lines_of(whole->head));
      CHECK(parsed.head.framing == whole->head.framing);
    }
    Parsed<RequestHead> drip(text);
    for (std::size_t size = 0; size < text.size(); ++size) {
      CHECK(parse_request_head({drip.bytes.get(), size}, {}, drip.storage, drip.progress, drip.head).state ==
            HeadState::incomplete);
    }
    CHECK(parse_request_head(drip.view(), {}, drip.storage, drip.progress, drip.head).state ==
          HeadState::complete);
  }
}

TEST_CASE("responses split at every byte") {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nServer: x\r\n\r\n";
  for (std::size_t split = 0; split < text.size(); ++split) {
    Parsed<ResponseHead> parsed(text);
    REQUIRE(parse_response_head({parsed.bytes.get(), split}, {}, parsed.storage, false, parsed.progress,
                                parsed.head).state == HeadState::incomplete);
    REQUIRE(parse_response_head(parsed.view(), {}, parsed.storage, false, parsed.progress,
                                parsed.head).state == HeadState::complete);
    CHECK(parsed.head.size == text.size());
  }
}

TEST_CASE("dripping costs no more than a few passes") {
  // One field of 60 KiB, byte by byte: quadratic work would be 1.8 G byte visits, far beyond the bound.
  const std::string text =
      "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(60 * 1024, 'x') + "\r\n\r\n";
  Parsed<RequestHead> parsed(text);
  const auto begin = std::chrono::steady_clock::now();
  HeadResult result;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    result = parse_request_head({parsed.bytes.get(), size}, {}, parsed.storage, parsed.progress, parsed.head);
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(result.state == HeadState::complete);
  CHECK(took < std::chrono::milliseconds(200));
}

TEST_CASE("garbage that never ends is refused while it grows") {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  Parsed<RequestHead> parsed(text + "bad line\r\n" + std::string(200, 'x'));
  auto state = parse_request_head({parsed.bytes.get(), text.size()}, {}, parsed.storage, parsed.progress,
                                  parsed.head).state;
  CHECK(state == HeadState::incomplete);
  std::size_t size = text.size();
  while (state == HeadState::incomplete && size < parsed.size) {
    state = parse_request_head({parsed.bytes.get(), ++size}, {}, parsed.storage, parsed.progress,
                               parsed.head).state;
  }
  CHECK(state == HeadState::error);
  CHECK(size == 2 * text.size());
}
