#include <doctest/doctest.h>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem;
using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

namespace {

struct Rewritten {
  bool fits = false;
  std::string text;
  std::size_t pieces = 0;
};

Rewritten rewrite(const std::string& request, const RequestContext& context = {"192.0.2.9"}) {
  const auto parsed = parse_request(request);
  REQUIRE(parsed->result.state == HeadState::complete);
  std::array<Piece, usual_pieces> pieces;
  std::array<char, usual_scratch> scratch;
  HeadWriter writer(pieces, scratch);
  Rewritten out;
  out.fits = write_request_head(parsed->head, context, writer);
  out.text = join(writer.pieces());
  out.pieces = writer.pieces().size();
  CHECK(out.text.size() == writer.bytes());
  return out;
}

const std::string tail = "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nVia: 1.1 tandem\r\n\r\n";

}  // namespace

TEST_CASE("the usual request is one kept piece and one block") {
  const Rewritten out = rewrite("GET /x HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\nbody");
  CHECK(out.pieces == 2);
  CHECK(out.text == "GET /x HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n" + tail);
}

TEST_CASE("hop-by-hop fields go and what Connection names goes with them") {
  const Rewritten out = rewrite(
      "GET / HTTP/1.1\r\nConnection: close, X-Hop, Cookie\r\nHost: a\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n"
      "Upgrade: y\r\nTE: gzip\r\nCookie: c\r\nProxy-Authorization: z\r\nHTTP2-Settings: q\r\nX-Stay: 2\r\n\r\n");
  CHECK(out.text == "GET / HTTP/1.1\r\nHost: a\r\nX-Stay: 2\r\n" + tail);
  CHECK(out.pieces == 4);
}

TEST_CASE("Connection cannot strip what the next hop relies on") {
  RequestContext context{"192.0.2.9"};
  context.trusted_client = true;
  const Rewritten out = rewrite(
      "POST / HTTP/1.1\r\nConnection: Host, Content-Length, Via, X-Forwarded-For, Forwarded\r\nHost: a\r\nVia: 1.1 x\r\n"
      "Forwarded: for=b\r\nX-Forwarded-For: 10.0.0.1\r\nContent-Length: 3\r\n\r\n", context);
  CHECK(out.text ==
        "POST / HTTP/1.1\r\nHost: a\r\nVia: 1.1 x\r\nForwarded: for=b\r\nContent-Length: 3\r\n"
        "X-Forwarded-For: 10.0.0.1, 192.0.2.9\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nVia: 1.1 tandem\r\n\r\n");
}

TEST_CASE("more names in Connection than anybody means do not fit") {
  std::string names = "a";
  for (int i = 0; i < 20; ++i) names += ", n" + std::to_string(i);
  CHECK_FALSE(rewrite("GET / HTTP/1.1\r\nHost: a\r\nConnection: " + names + "\r\n\r\n").fits);
}

TEST_CASE("framing is ours") {
  CHECK(rewrite("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:  007\r\n\r\n").text ==
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n" + tail);
  CHECK(rewrite("POST / HTTP/1.1\r\nTransfer-Encoding: CHUNKED\r\nHost: a\r\n\r\n").text ==
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + tail);
  CHECK(rewrite("POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\nHost: a\r\n\r\n").text ==
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n" + tail);
}

TEST_CASE("start lines that must be rewritten") {
  RequestContext context{"192.0.2.9"};
  context.default_host = "lb:80";
  SUBCASE("1.0") {
    CHECK(rewrite("GET /p?q HTTP/1.0\r\nX: y\r\n\r\n", context).text ==
          "GET /p?q HTTP/1.1\r\nX: y\r\nHost: lb:80\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: http\r\nVia: 1.0 tandem\r\n\r\n");
  }
  SUBCASE("absolute, another host") {
    CHECK(rewrite("GET http://b:81/p?q HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n").text ==
          "GET /p?q HTTP/1.1\r\nX: y\r\nHost: b:81\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: http\r\n"
          "X-Forwarded-Host: b:81\r\nVia: 1.1 tandem\r\n\r\n");
  }
  SUBCASE("absolute, the same host, no path") {
    CHECK(rewrite("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").text == "GET / HTTP/1.1\r\nHost: a\r\n" + tail);
    CHECK(rewrite("GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n").text == "GET /?q HTTP/1.1\r\nHost: a\r\n" + tail);
    CHECK(rewrite("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").text == "OPTIONS * HTTP/1.1\r\nHost: a\r\n" + tail);
    CHECK(rewrite("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n").text == "OPTIONS / HTTP/1.1\r\nHost: a\r\n" + tail);
  }
  SUBCASE("the empty line before it is dropped") {
    CHECK(rewrite("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "GET / HTTP/1.1\r\nHost: a\r\n" + tail);
  }
}

TEST_CASE("what a client says about earlier hops counts only if it is trusted") {
  const std::string request =
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: z\r\n"
      "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-For:\r\n\r\n";
  CHECK(rewrite(request).text == "GET / HTTP/1.1\r\nHost: a\r\n" + tail);
  RequestContext context{"192.0.2.9"};
  context.trusted_client = true;
  CHECK(rewrite(request, context).text ==
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: z\r\nForwarded: for=1.1.1.1\r\n"
        "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 192.0.2.9\r\nVia: 1.1 tandem\r\n\r\n");
}

TEST_CASE("tunnels, te, expect, close") {
  RequestContext context{"192.0.2.9"};
  const std::string websocket = "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
  CHECK(rewrite(websocket).text == "GET / HTTP/1.1\r\nHost: a\r\n" + tail);
  context.allow_upgrade = true;
  CHECK(rewrite(websocket, context).text ==
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + tail);
  CHECK(rewrite("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Upgrade\r\nUpgrade: websocket\r\nX: 1\r\n\r\n", context).text ==
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + tail);
  CHECK(rewrite("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
                context).text == "GET / HTTP/1.1\r\nHost: a\r\n" + tail);

  const std::string te = "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, deflate\r\nConnection: TE\r\n\r\n";
  CHECK(rewrite(te).text == "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n" + tail);
  context.close = true;
  CHECK(rewrite(te, context).text == "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\nTE: trailers\r\n" + tail);
  CHECK(rewrite("GET / HTTP/1.1\r\nHost: a\r\n\r\n", context).text ==
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + tail);

  const std::string expect = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n";
  CHECK(rewrite(expect).text == "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" + tail);
  context = {"192.0.2.9"};
  context.forward_expect = false;
  CHECK(rewrite(expect, context).text == "PUT / HTTP/1.1\r\nHost: a\r\n" + tail);
  CHECK(rewrite("PUT / HTTP/1.0\r\nHost: a\r\nExpect: x\r\n\r\n").text.find("Expect") == std::string::npos);
}

TEST_CASE("edits") {
  config::HeaderEdits config;
  config.set = {{"Host", "inner"}, {"X-Forwarded-Proto", "wss"}, {"X-A", "1"}};
  config.add = {{"X-B", "2"}};
  config.remove = {"Via", "X-Secret"};
  const auto edits = CompiledEdits::compile(config);
  REQUIRE(edits);
  RequestContext context{"192.0.2.9"};
  context.edits = &*edits;
  CHECK(rewrite("GET / HTTP/1.1\r\nHost: a\r\nx-secret: 1\r\nx-a: 0\r\nX-B: 1\r\nVia: 1.1 x\r\n\r\n", context).text ==
        "GET / HTTP/1.1\r\nX-B: 1\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: a\r\n"
        "Host: inner\r\nX-Forwarded-Proto: wss\r\nX-A: 1\r\nX-B: 2\r\n\r\n");
}

TEST_CASE("a writer that is too small says so") {
  const auto parsed = parse_request("GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n");
  std::array<char, usual_scratch> scratch;
  std::array<Piece, usual_pieces> pieces;
  for (std::size_t count = 0; count <= 3; ++count) {
    HeadWriter writer({pieces.data(), count}, scratch);
    CHECK(write_request_head(parsed->head, {"192.0.2.9"}, writer) == (count == 3));
  }
  bool fitted = false;
  for (std::size_t size = 0; size < 200; ++size) {
    HeadWriter writer(pieces, {scratch.data(), size});
    const bool fits = write_request_head(parsed->head, {"192.0.2.9"}, writer);
    CHECK((fits || !fitted));
    fitted = fits;
  }
  CHECK(fitted);
}
