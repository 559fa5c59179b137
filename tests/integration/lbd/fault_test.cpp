// What goes wrong: backends, clients, time, garbage, floods. Each cause has one name and one count.
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/lbd/proxy_fixture.hpp"

using namespace tandem;
using namespace tandem::lbd;
using std::chrono::milliseconds;
using test::TcpPeer;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("a backend that refuses: GET and POST go to another one") {
  ProxyFixture proxy(2);
  proxy.start();
  proxy.backend(0).close();
  TcpPeer client = proxy.connect();
  TcpPeer backend;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(client.send(i % 2 == 0 ? get : post));
    if (i == 0) backend = proxy.backend(1).accept();
    CHECK(backend.read_message().starts_with(i % 2 == 0 ? "GET" : "POST"));
    REQUIRE(backend.send(ok));
    CHECK(client.read_message().starts_with("HTTP/1.1 200 "));
  }
  CHECK(proxy.eventually_ends(SessionEnd::completed, 10));
}

TEST_CASE("all backends refuse: 502 with the reason, and the client's connection lives on") {
  ProxyFixture proxy(2);
  proxy.start();
  proxy.backend(0).close();
  proxy.backend(1).close();
  TcpPeer client = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    REQUIRE(client.send(get));
    const std::string reply = client.read_message();
    CHECK(reply.starts_with("HTTP/1.1 502 "));
    CHECK(contains(reply, "backend_connect_refused"));
  }
  CHECK(proxy.eventually_ends(SessionEnd::backend_connect_refused, 2));
  CHECK(proxy.sink.wait_for([](const ControlMessage& m) { return std::holds_alternative<BackendFailed>(m); }));
}

TEST_CASE("a backend that closes without a reply: idempotent requests are tried elsewhere, others are 502") {
  for (const bool idempotent : {true, false}) {
    ProxyFixture proxy(2);
    proxy.start();
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(idempotent ? get : post));
    TcpPeer first = proxy.backend(0).accept(milliseconds(300));
    const bool zero_first = first.is_open();
    if (!zero_first) first = proxy.backend(1).accept();
    REQUIRE(!first.read_message().empty());
    first.close();
    if (idempotent) {
      TcpPeer second = proxy.backend(zero_first ? 1 : 0).accept();
      REQUIRE(!second.read_message().empty());
      REQUIRE(second.send(ok));
      CHECK(client.read_message().starts_with("HTTP/1.1 200 "));
      CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
      CHECK(proxy.backend_counters(zero_first ? 0 : 1).retries.get() == 1);
    } else {
      CHECK(contains(client.read_message(), "502"));
      CHECK(proxy.eventually_ends(SessionEnd::backend_closed_early, 1));
    }
  }
}

TEST_CASE("an idle connection that the only backend has closed costs a GET nothing") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  REQUIRE(!client.read_message().empty());
  REQUIRE(client.send(get));  // goes out on the kept connection
  REQUIRE(!backend.read_message().empty());
  backend.reset();
  TcpPeer again = proxy.backend().accept();
  REQUIRE(!again.read_message().empty());
  REQUIRE(again.send(ok));
  CHECK(client.read_message().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("an idle connection closed by the backend leaves the pool at once") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  REQUIRE(!client.read_message().empty());
  CHECK(proxy.eventually([&] { return proxy.backend_counters().idle_connections.get() == 1; }));
  backend.close();
  CHECK(proxy.eventually([&] { return proxy.backend_counters().idle_connections.get() == 0; }));
}

TEST_CASE("a backend that closes in the middle of the body: the client sees the truncation") {
  struct Case { std::string head; bool http10; bool reset; };
  for (const Case& c : {Case{"Content-Length: 10\r\n", false, false}, Case{"Transfer-Encoding: chunked\r\n", false, false},
                        Case{"Transfer-Encoding: chunked\r\n", true, true}}) {
    ProxyFixture proxy;
    proxy.start();
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(c.http10 ? "GET / HTTP/1.0\r\nHost: h\r\n\r\n" : get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send("HTTP/1.1 200 OK\r\n" + c.head + "\r\n5\r\n12345"));
    CHECK(contains(client.read_until("12"), "HTTP/1.1 200 "));
    backend.close();
    const std::string rest = client.read_all();
    CHECK(!contains(rest, "\r\n0\r\n"));
    CHECK(client.was_reset() == c.reset);
    CHECK(proxy.eventually_ends(SessionEnd::backend_closed_early, 1));
  }
}

TEST_CASE("a backend that resets in the middle of the body") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"));
  CHECK(contains(client.read_until("some"), "200"));
  backend.reset();
  CHECK(client.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::backend_reset, 1));
}

TEST_CASE("garbage from a backend is 502 and never reaches the client") {
  const std::vector<std::string> cases = {
      "\x16\x03\x01 not http at all\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
      "HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"};
  for (const std::string& garbage : cases) {
    ProxyFixture proxy;
    proxy.start();
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    backend.send(garbage);
    CHECK(client.read_message().starts_with("HTTP/1.1 502 "));
    CHECK(proxy.eventually_ends(SessionEnd::backend_bad_response, 1));
    CHECK(backend.wait_closed());
  }
}

TEST_CASE("bytes beyond the announced reply: the reply gets across, the connection is not used again") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"));
  CHECK(contains(client.read_message(), "hello"));
  CHECK(backend.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::backend_too_much, 1));
  REQUIRE(client.send(get));
  TcpPeer second = proxy.backend().accept();
  REQUIRE(!second.read_message().empty());
  REQUIRE(second.send(ok));
  CHECK(contains(client.read_message(), "hello"));
}

TEST_CASE("a reply in bad chunks is cut off") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX5\r\n"));
  CHECK(!client.read_all().ends_with("0\r\n\r\n"));
  CHECK(proxy.eventually_ends(SessionEnd::backend_bad_response, 1));
}

TEST_CASE("a stalling backend is 504; a stalling reply is cut") {
  ProxyFixture proxy;
  proxy.snapshot.timeouts.backend_first_byte = milliseconds(200);
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  CHECK(client.read_message().starts_with("HTTP/1.1 504 "));
  CHECK(proxy.eventually_ends(SessionEnd::backend_response_timeout, 1));
  REQUIRE(client.send(get));
  TcpPeer second = proxy.backend().accept();
  REQUIRE(!second.read_message().empty());
  REQUIRE(second.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"));
  CHECK(contains(client.read_all(), "12345"));
  CHECK(proxy.eventually_ends(SessionEnd::backend_body_timeout, 1));
}

TEST_CASE("a client that aborts: the backend's connection is closed") {
  for (const bool before_reply : {true, false}) {
    ProxyFixture proxy;
    proxy.start();
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    if (!before_reply) {
      REQUIRE(backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"));
      CHECK(contains(client.read_until("12345"), "200"));
    }
    client.reset();
    CHECK(backend.wait_closed());
    CHECK(proxy.eventually_ends(SessionEnd::client_aborted, 1));
    CHECK(proxy.eventually([&] { return proxy.listener_counters().connections.get() == 0; }));
    CHECK(proxy.worker->counters().buffers_in_use.get() == 0);
  }
}

TEST_CASE("a client that closes in the middle of its body") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
  TcpPeer backend = proxy.backend().accept();
  CHECK(contains(backend.read_until("abc"), "abc"));
  client.close();
  CHECK(backend.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::client_aborted, 1));
}

TEST_CASE("timeouts of the client: head, first byte, between requests, body") {
  ProxyFixture proxy;
  proxy.snapshot.timeouts.request_head = milliseconds(200);
  proxy.snapshot.timeouts.keep_alive = milliseconds(200);
  proxy.snapshot.timeouts.body_idle = milliseconds(200);
  proxy.start();
  SUBCASE("half a head, however it trickles") {
    TcpPeer client = proxy.connect();
    std::thread sender([&] {
      client.send("GET / HTTP/1.1\r\nHost: ");
      for (int i = 0; i < 200 && client.send("x"); ++i) std::this_thread::sleep_for(milliseconds(5));
    });
    const std::string reply = client.read_message();
    CHECK(reply.starts_with("HTTP/1.1 408 "));
    CHECK(contains(reply, "client_head_timeout"));
    sender.join();
    CHECK(proxy.eventually_ends(SessionEnd::client_head_timeout, 1));
  }
  SUBCASE("nothing at all") {
    TcpPeer client = proxy.connect();
    CHECK(client.read_all().empty());
    CHECK(proxy.eventually_ends(SessionEnd::client_idle, 1));
  }
  SUBCASE("between requests") {
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send(ok));
    CHECK(client.read_all().ends_with("hello"));
    CHECK(proxy.eventually_ends(SessionEnd::client_idle, 1));
  }
  SUBCASE("in the body") {
    TcpPeer client = proxy.connect();
    REQUIRE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
    TcpPeer backend = proxy.backend().accept();
    CHECK(client.read_message().starts_with("HTTP/1.1 408 "));
    CHECK(backend.wait_closed());
    CHECK(proxy.eventually_ends(SessionEnd::client_body_timeout, 1));
  }
}

TEST_CASE("a body below the minimum rate is refused, however steadily it trickles") {
  ProxyFixture proxy;
  proxy.snapshot.timeouts.body_idle = std::chrono::seconds(1);
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"));
  std::thread sender([&] {
    for (int i = 0; i < 100 && client.send("x"); ++i) std::this_thread::sleep_for(milliseconds(50));
  });
  CHECK(client.read_message().starts_with("HTTP/1.1 408 "));
  CHECK(proxy.eventually_ends(SessionEnd::client_too_slow, 1));
  sender.join();
}

TEST_CASE("a client that takes nothing of its reply is cut") {
  ProxyFixture proxy;
  proxy.snapshot.timeouts.body_idle = milliseconds(300);
  proxy.start();
  TcpPeer client = proxy.connect(4096);
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  std::thread sender([&] {
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
    backend.send(std::string(20'000'000, 'x'));
  });
  CHECK(proxy.eventually_ends(SessionEnd::client_write_timeout, 1));
  sender.join();
}

TEST_CASE("malformed requests are refused with the rule they break, and the connection closes") {
  struct Case { std::string request; std::string status; std::string reason; };
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\n\r\n", "400", "host_missing"},
      {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "400", "length_and_transfer_encoding"},
      {"GET / HTTP/1.1\nHost: h\n\n", "400", "bare_lf"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505", "version_unsupported"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400", ""},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n", "431", "head_too_large"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400", "chunk_size_invalid"},
  };
  ProxyFixture proxy;
  proxy.start();
  for (const Case& c : cases) {
    TcpPeer client = proxy.connect();
    client.send(c.request);
    const std::string reply = client.read_message();
    INFO(reply);
    CHECK(reply.starts_with("HTTP/1.1 " + c.status));
    CHECK(contains(reply, c.reason));
    CHECK(client.wait_closed());
  }
  CHECK(proxy.eventually_ends(SessionEnd::client_bad_request, cases.size()));
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("nobody is up: 503 with the reason, and it heals") {
  ProxyFixture proxy;
  proxy.start();
  proxy.set_availability(0, {Availability::Health::down, false, 1});
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  const std::string reply = client.read_message();
  CHECK(reply.starts_with("HTTP/1.1 503 "));
  CHECK(contains(reply, "no_backend_up"));
  proxy.set_availability(0, {Availability::Health::up, false, 1});
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  CHECK(contains(client.read_message(), "hello"));
}

TEST_CASE("max_connections: what is beyond is 503 backend_busy") {
  ProxyFixture proxy;
  proxy.snapshot.groups[0].backends[0].config.max_connections = 2;
  proxy.start();
  std::vector<TcpPeer> clients;
  std::vector<TcpPeer> accepted;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(proxy.connect());
    REQUIRE(clients.back().send(get));
    accepted.push_back(proxy.backend().accept());
    REQUIRE(!accepted.back().read_message().empty());
  }
  TcpPeer third = proxy.connect();
  REQUIRE(third.send(get));
  CHECK(contains(third.read_message(), "backend_busy"));
  REQUIRE(accepted[0].send(ok));
  CHECK(contains(clients[0].read_message(), "hello"));
  REQUIRE(third.send(get));
  REQUIRE(!accepted[0].read_message().empty());
  REQUIRE(accepted[0].send(ok));
  CHECK(contains(third.read_message(), "hello"));
}

TEST_CASE("a flood of half-open connections does not disturb others, and is shed at the limit") {
  ProxyFixture proxy;
  proxy.snapshot.limits.max_connections = 200;
  proxy.start();
  std::vector<TcpPeer> flood;
  for (int i = 0; i < 400; ++i) {
    flood.push_back(proxy.connect());
    flood.back().send("GET / HT");
  }
  CHECK(proxy.eventually([&] { return proxy.worker->counters().sheds.get() > 0; }));
  CHECK(proxy.listener_counters().connections.get() <= 200);
  flood.clear();
  CHECK(proxy.eventually([&] { return proxy.listener_counters().connections.get() == 0; }));
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  CHECK(contains(client.read_message(), "hello"));
}

TEST_CASE("drain: the running request ends well, idle connections close, then it is said") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer busy = proxy.connect();
  REQUIRE(busy.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  TcpPeer idle = proxy.connect();
  CHECK(proxy.eventually([&] { return proxy.listener_counters().connections.get() == 2; }));
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  const TimePoint now{std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec)};
  SUBCASE("in time") {
    proxy.worker->post(Drain{now + std::chrono::seconds(10)});
    CHECK(idle.wait_closed());
    REQUIRE(backend.send(ok));
    CHECK(contains(busy.read_message(), "onnection: close\r\n"));
    CHECK(busy.wait_closed());
  }
  SUBCASE("the deadline passes") {
    proxy.worker->post(Drain{now + milliseconds(100)});
    const std::string reply = busy.read_message();
    CHECK(contains(reply, "503"));
    CHECK(contains(reply, "draining"));
    CHECK(proxy.eventually_ends(SessionEnd::draining, 1));
  }
  CHECK(proxy.sink.wait_for([](const ControlMessage& m) { return std::holds_alternative<Drained>(m); }));
}
