#include "lbd/control/probe_reply.hpp"

#include <doctest/doctest.h>

#include "lbd/core/rng.hpp"

using namespace tandem;
using namespace tandem::lbd;
using State = ProbeReply::State;

TEST_CASE("replies to a health check") {
  struct Row {
    const char* what;
    std::string bytes;
    State state;
    int status;
  };
  const Row rows[] = {
      {"nothing yet", "", State::incomplete, 0},
      {"the beginning", "HTT", State::incomplete, 0},
      {"status line only", "HTTP/1.1 200 OK\r\n", State::incomplete, 0},
      {"whole head", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", State::complete, 200},
      {"with a body", "HTTP/1.1 503 no\r\n\r\nbody", State::complete, 503},
      {"bare line feeds", "HTTP/1.0 204 x\n\n", State::complete, 204},
      {"no reason phrase", "HTTP/1.1 200\r\n\r\n", State::complete, 200},
      {"interim reply first", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", State::complete, 200},
      {"only an interim reply", "HTTP/1.1 100 Continue\r\n\r\n", State::incomplete, 0},
      {"another protocol", "SSH-2.0-OpenSSH\r\n", State::malformed, 0},
      {"first byte wrong", "\x15\x03\x01", State::malformed, 0},
      {"HTTP/2", "HTTP/2 200\r\n\r\n", State::malformed, 0},
      {"letters as status", "HTTP/1.1 abc\r\n\r\n", State::malformed, 0},
      {"short status", "HTTP/1.1 20\r\n\r\n", State::malformed, 0},
      {"long status", "HTTP/1.1 2000 OK\r\n\r\n", State::malformed, 0},
      {"status below 100", "HTTP/1.1 099 x\r\n\r\n", State::malformed, 0},
      {"endless head", "HTTP/1.1 200 OK\r\nA: " + std::string(max_probe_reply_bytes, 'x'), State::malformed, 0},
      {"endless line", "HTTP/1.1 200 " + std::string(max_probe_reply_bytes, 'x'), State::malformed, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const ProbeReply reply = parse_probe_reply(row.bytes);
    CHECK(reply.state == row.state);
    CHECK(reply.status == row.status);
    CHECK(reply.reason.empty() == (row.state != State::malformed));
  }
}

TEST_CASE("any bytes, cut anywhere, give an answer and printable reasons") {
  Rng rng(7);
  const std::string good = "HTTP/1.1 100 c\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good.substr(0, rng.below(static_cast<std::uint32_t>(good.size()) + 1));
    for (std::uint32_t i = rng.below(3); i > 0 && !bytes.empty(); --i) {
      bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(rng.next());
    }
    const ProbeReply reply = parse_probe_reply(bytes);
    if (reply.state == State::complete) CHECK((reply.status >= 200 && reply.status <= 999));
    for (const char c : reply.reason) CHECK((c >= ' ' && c <= '~'));
  }
}

TEST_CASE("expected statuses") {
  const std::vector<config::StatusRange> ranges{{200, 299}, {304, 304}};
  CHECK(status_expected(200, ranges));
  CHECK(status_expected(299, ranges));
  CHECK(status_expected(304, ranges));
  CHECK_FALSE(status_expected(199, ranges));
  CHECK_FALSE(status_expected(300, ranges));
  CHECK_FALSE(status_expected(305, ranges));
  CHECK(ranges_text(ranges) == "200-299, 304");
}

TEST_CASE("the request of a check") {
  config::HealthCheckConfig check;
  check.path = "/ready?deep=1";
  CHECK(probe_request(check, *Endpoint::parse("[2001:db8::1]:8080")) ==
        "GET /ready?deep=1 HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\nUser-Agent: tandem-health\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n");
  check.host = "shop.internal";
  CHECK(probe_request(check, *Endpoint::parse("192.0.2.1:80")).find("Host: shop.internal\r\n") != std::string::npos);
}
