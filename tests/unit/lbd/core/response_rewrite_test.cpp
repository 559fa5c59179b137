#include <doctest/doctest.h>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem;
using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

namespace {

std::string rewrite(const std::string& response, const ResponseContext& context = {}) {
  const auto parsed = parse_response(response, context.to_head);
  REQUIRE(parsed->result.state == HeadState::complete);
  std::array<Piece, usual_pieces> pieces;
  std::array<char, usual_scratch> scratch;
  HeadWriter writer(pieces, scratch);
  REQUIRE(write_response_head(parsed->head, context, writer));
  return join(writer.pieces());
}

const std::string via = "Via: 1.1 tandem\r\n\r\n";

}  // namespace

TEST_CASE("a plain response") {
  CHECK(rewrite("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nX: y\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nServer: x\r\nX: y\r\nContent-Length: 5\r\n" + via);
}

TEST_CASE("status lines that must be rewritten") {
  CHECK(rewrite("HTTP/1.0 200 Fine\r\nContent-Length: 0\r\n\r\n") ==
        "HTTP/1.1 200 Fine\r\nContent-Length: 0\r\nVia: 1.0 tandem\r\n\r\n");
  CHECK(rewrite("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n") ==
        "HTTP/1.1 404 \r\nContent-Length: 0\r\n" + via);
}

TEST_CASE("the body's framing follows the client's version") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n";
  const std::string until_close = "HTTP/1.1 200 OK\r\n\r\n";
  ResponseContext old;
  old.client_http10 = true;
  CHECK(rewrite(chunked) == "HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n" + via);
  CHECK(rewrite(chunked, old) == "HTTP/1.1 200 OK\r\nConnection: close\r\n" + via);
  CHECK(rewrite(until_close) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + via);
  CHECK(rewrite(until_close, old) == "HTTP/1.1 200 OK\r\nConnection: close\r\n" + via);
  CHECK(rewrite("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", old) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n" + via);
}

TEST_CASE("no body, but perhaps a length") {
  ResponseContext to_head;
  to_head.to_head = true;
  CHECK(rewrite("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", to_head) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n" + via);
  CHECK(rewrite("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to_head) == "HTTP/1.1 200 OK\r\n" + via);
  CHECK(rewrite("HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n") ==
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n" + via);
  CHECK(rewrite("HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n") == "HTTP/1.1 204 No Content\r\n" + via);
  CHECK(rewrite("HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n", to_head) ==
        "HTTP/1.1 204 No Content\r\n" + via);
  CHECK(rewrite("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", to_head) ==
        "HTTP/1.1 204 No Content\r\n" + via);
}

TEST_CASE("interim responses and tunnels") {
  ResponseContext context;
  context.close = true;
  CHECK(rewrite("HTTP/1.1 100 Continue\r\n\r\n", context) == "HTTP/1.1 100 Continue\r\n" + via);
  CHECK(rewrite("HTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\n") ==
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n" + via);
  CHECK(rewrite("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", context) ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + via);
}

TEST_CASE("closing, cookies and edits") {
  ResponseContext context;
  context.client_keep_alive = false;
  CHECK(rewrite("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", context) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n" + via);

  config::HeaderEdits config;
  config.set = {{"Strict-Transport-Security", "max-age=1"}};
  config.remove = {"Server", "X-Powered-By"};
  const auto edits = CompiledEdits::compile(config);
  REQUIRE(edits);
  context = {};
  context.edits = &*edits;
  context.set_cookie_line = "Set-Cookie: T=x\r\n";
  CHECK(rewrite("HTTP/1.1 200 OK\r\nServer: a\r\nx-powered-by: b\r\nSet-Cookie: c\r\nContent-Length: 0\r\n\r\n", context) ==
        "HTTP/1.1 200 OK\r\nSet-Cookie: c\r\nContent-Length: 0\r\nVia: 1.1 tandem\r\nSet-Cookie: T=x\r\n"
        "Strict-Transport-Security: max-age=1\r\n\r\n");
}
