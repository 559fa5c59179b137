// For random heads: what is forwarded parses again, with the same meaning, and holds exactly the
// original fields minus the removed plus the added ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "lbd/core/rng.hpp"
#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const char* pick(Rng& rng, std::initializer_list<const char*> list) {
  return list.begin()[rng.below(static_cast<std::uint32_t>(list.size()))];
}

std::string random_field(Rng& rng) {
  return pick(rng, {"Accept: */*", "X-Hop: 1", "x-hop: 2", "Keep-Alive: timeout=5", "TE: trailers", "TE: gzip",
                    "Connection: keep-alive", "Connection: X-Hop", "Connection: close , x-hop", "Connection: upgrade",
                    "Upgrade: websocket", "Upgrade: h2c", "Proxy-Connection: x", "Proxy-Authorization: y", "Via: 1.0 a",
                    "X-Forwarded-For: 1.1.1.1", "X-Forwarded-Host: q", "Forwarded: for=x", "Cookie: a=b", "X-Secret: s",
                    "X-Edit: old", "Expect: 100-continue", "Trailer: X", "X-Empty:", "HTTP2-Settings: z",
                    "User-Agent: \t a b \xc3\xa9 \t"});
}

std::string random_request(Rng& rng) {
  const bool old = rng.below(5) == 0;
  std::string text = rng.below(8) == 0 ? "\r\n" : "";
  text += pick(rng, {"GET ", "POST ", "HEAD ", "OPTIONS ", "BREW "});
  text += pick(rng, {"/", "/a/b?c=d", "/?", "http://a", "http://b:8/x?y", "https://a/"});
  text += old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  std::vector<std::string> fields;
  if (!old || rng.below(2) == 0) fields.push_back("Host: a");
  if (rng.below(3) == 0) fields.push_back("Content-Length: " + std::to_string(rng.below(100)));
  else if (!old && rng.below(3) == 0) fields.push_back("Transfer-Encoding: chunked");
  for (std::uint32_t i = rng.below(12); i > 0; --i) fields.push_back(random_field(rng));
  for (std::size_t i = fields.size(); i > 1; --i) {
    std::swap(fields[i - 1], fields[rng.below(static_cast<std::uint32_t>(i))]);
  }
  for (const std::string& field : fields) text += field + "\r\n";
  return text + "\r\n";
}

/// The plain list of lines the contract promises to keep, computed without the code under test.
std::vector<std::string> kept_lines(const RequestHead& head, const RequestContext& context, bool host_kept) {
  std::set<std::string> gone = {"connection", "content-length", "transfer-encoding", "keep-alive", "te", "proxy-connection",
                                "proxy-authorization", "http2-settings", "x-forwarded-for"};
  if (!context.trusted_client) gone.insert({"x-forwarded-host", "x-forwarded-proto", "forwarded"});
  const bool tunnel = head.upgrade && context.allow_upgrade;
  for (const Field& field : head.fields) {
    if (lower(std::string(head.name(field))) == "connection" &&
        lower(std::string(head.value(field))).find("x-hop") != std::string::npos) gone.insert("x-hop");
  }
  if (!tunnel) gone.insert("upgrade");
  if (!host_kept) gone.insert("host");
  if (!head.expect_continue || !context.forward_expect) gone.insert("expect");
  if (context.edits != nullptr) gone.insert({"x-secret", "x-edit"});
  std::vector<std::string> lines;
  for (const Field& field : head.fields) {
    const std::string name(head.name(field));
    if (gone.count(lower(name)) == 0) lines.push_back(name + ": " + std::string(head.value(field)));
  }
  return lines;
}

}  // namespace

TEST_CASE("forwarded requests") {
  config::HeaderEdits config;
  config.set = {{"X-Edit", "new"}};
  config.remove = {"X-Secret"};
  const auto edits = CompiledEdits::compile(config);
  REQUIRE(edits);
  Rng rng(1);
  int complete = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string text = random_request(rng);
    CAPTURE(text);
    const auto in = parse_request(text);
    REQUIRE(in->result.state == HeadState::complete);
    ++complete;
    RequestContext context{"192.0.2.9"};
    context.default_host = "lb";
    context.trusted_client = rng.below(2) == 0;
    context.allow_upgrade = rng.below(2) == 0;
    context.forward_expect = rng.below(2) == 0;
    context.close = rng.below(4) == 0;
    context.edits = rng.below(2) == 0 ? &*edits : nullptr;

    std::array<Piece, usual_pieces> pieces;
    std::array<char, usual_scratch> scratch;
    HeadWriter writer(pieces, scratch);
    REQUIRE(write_request_head(in->head, context, writer));
    const std::string forwarded = join(writer.pieces());
    CAPTURE(forwarded);
    const auto out = parse_request(forwarded);
    REQUIRE(out->result.state == HeadState::complete);
    REQUIRE(out->head.size == forwarded.size());

    CHECK(out->head.method == in->head.method);
    CHECK(out->head.minor_version == 1);
    CHECK(out->head.form != TargetForm::absolute);
    CHECK(out->head.framing == in->head.framing);
    CHECK(out->text(out->head.query) == in->text(in->head.query));
    CHECK(out->head.upgrade == (in->head.upgrade && context.allow_upgrade));
    CHECK(out->text(out->head.authority) ==
          (in->head.authority.size != 0 ? in->text(in->head.authority) : "lb"));
    CHECK(out->head.keep_alive == (!context.close || out->head.upgrade));

    const bool host_kept = in->head.present.has(FieldId::host) &&
                           in->head.value(*in->head.find(FieldId::host)) == in->head.text(in->head.authority);
    const auto kept = kept_lines(in->head, context, host_kept);
    const auto lines = lines_of(out->head);
    REQUIRE(lines.size() >= kept.size());
    CHECK(std::equal(kept.begin(), kept.end(), lines.begin()));
    // What follows the kept lines is ours, each name once and none of them twice in the whole head
    // but Via and the trusted client's own.
    for (std::size_t i = kept.size(); i < lines.size(); ++i) {
      const std::string name = lower(lines[i].substr(0, lines[i].find(':')));
      const std::set<std::string> ours = {"host", "content-length", "transfer-encoding", "connection", "te", "x-forwarded-for",
                                          "x-forwarded-proto", "x-forwarded-host", "via", "x-edit"};
      CHECK(ours.count(name) == 1);
      if (name != "via") {
        CHECK(values_of(out->head, name).find(" | ") == std::string::npos);
      }
    }
    CHECK(values_of(out->head, "x-forwarded-for").ends_with("192.0.2.9"));
    CHECK(values_of(out->head, "via").ends_with("tandem"));
    if (context.edits != nullptr) CHECK(values_of(out->head, "x-edit") == "new");
  }
  CHECK(complete == 20000);
}

TEST_CASE("forwarded responses") {
  Rng rng(2);
  for (int round = 0; round < 20000; ++round) {
    const bool old = rng.below(4) == 0;
    std::string text = old ? "HTTP/1.0 " : "HTTP/1.1 ";
    text += pick(rng, {"200 OK", "204 No Content", "304 x", "404", "500 ", "100 Continue", "103 Early"});
    text += "\r\n";
    const std::uint32_t framing = rng.below(3);
    if (framing == 0) text += "Content-Length: " + std::to_string(rng.below(50)) + "\r\n";
    if (framing == 1 && !old) text += "Transfer-Encoding: chunked\r\n";
    for (std::uint32_t i = rng.below(8); i > 0; --i) {
      text += pick(rng, {"Server: s", "Connection: close", "Connection: x-hop, keep-alive", "X-Hop: 1", "Keep-Alive: 1",
                         "Set-Cookie: a=b", "Trailer: x", "Upgrade: h2", "Proxy-Authenticate: z", "X-Y:"});
      text += "\r\n";
    }
    text += "\r\n";
    CAPTURE(text);
    ResponseContext context;
    context.close = rng.below(3) == 0;
    context.client_http10 = rng.below(3) == 0;
    context.client_keep_alive = rng.below(3) != 0;
    context.to_head = rng.below(4) == 0;
    const auto in = parse_response(text, context.to_head);
    REQUIRE(in->result.state == HeadState::complete);
    std::array<Piece, usual_pieces> pieces;
    std::array<char, usual_scratch> scratch;
    HeadWriter writer(pieces, scratch);
    REQUIRE(write_response_head(in->head, context, writer));
    const std::string forwarded = join(writer.pieces());
    CAPTURE(forwarded);
    const auto out = parse_response(forwarded, context.to_head);
    REQUIRE(out->result.state == HeadState::complete);
    CHECK(out->head.size == forwarded.size());
    CHECK(out->head.status == in->head.status);
    CHECK(out->text(out->head.reason) == in->text(in->head.reason));
    CHECK(out->head.framing == client_framing(in->head, context.client_http10));
    CHECK_FALSE(out->head.upgrade);
    if (!in->head.is_interim()) {
      const bool lives = !context.close && context.client_keep_alive && out->head.framing.kind != BodyKind::until_close;
      CHECK(out->head.keep_alive == lives);
    }
    for (const char* name : {"keep-alive", "upgrade", "proxy-authenticate"}) CHECK(values_of(out->head, name).empty());
    CHECK(values_of(out->head, "server") == values_of(in->head, "server"));
    CHECK(values_of(out->head, "set-cookie") == values_of(in->head, "set-cookie"));
  }
}
