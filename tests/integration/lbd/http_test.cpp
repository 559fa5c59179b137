// HTTP through a real Worker: the shapes of messages that must get across.
#include <atomic>
#include <string>
#include <thread>

#include "tests/integration/lbd/proxy_fixture.hpp"

using namespace tandem;
using namespace tandem::lbd;
using test::TcpPeer;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string body_of(const std::string& message) { return message.substr(message.find("\r\n\r\n") + 4); }

/// The payload of a chunked body.
std::string unchunk(std::string chunks) {
  std::string payload;
  while (!chunks.empty() && !chunks.starts_with("0\r\n")) {
    const std::size_t size = std::stoul(chunks, nullptr, 16);
    const std::size_t at = chunks.find("\r\n") + 2;
    payload += chunks.substr(at, size);
    chunks.erase(0, at + size + 2);
  }
  return payload;
}

const std::string get = "GET /path?q=1 HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";

}  // namespace

TEST_CASE("keep-alive on both sides: one connection to the backend carries all requests") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(backend.is_open());
  for (int i = 0; i < 5; ++i) {
    if (i > 0) REQUIRE(client.send(get));
    const std::string request = backend.read_message();
    CHECK(request.starts_with("GET /path?q=1 HTTP/1.1\r\n"));
    CHECK(contains(request, "\r\nHost: example.com\r\n"));
    CHECK(contains(request, "X-Forwarded-For: 127.0.0.1\r\n"));
    CHECK(contains(request, "X-Forwarded-Proto: http\r\n"));
    REQUIRE(backend.send(ok));
    const std::string reply = client.read_message();
    CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(body_of(reply) == "hello");
  }
  CHECK(proxy.eventually_ends(SessionEnd::completed, 5));
  CHECK(proxy.backend_counters().connects.get() == 1);
  CHECK(proxy.backend_counters().requests.get() == 5);
  CHECK(proxy.backend_counters().responses[2].get() == 5);
  CHECK(proxy.backend_counters().idle_connections.get() == 1);
  CHECK(proxy.backend_counters().active.get() == 0);
  CHECK(proxy.listener_counters().requests.get() == 5);
  CHECK(proxy.listener_counters().connections.get() == 1);
  client.close();
  CHECK(proxy.eventually([&] { return proxy.listener_counters().connections.get() == 0; }));
}

TEST_CASE("a connection of one client is reused for the next") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer backend;
  for (int i = 0; i < 3; ++i) {
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(get));
    if (i == 0) backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send(ok));
    CHECK(body_of(client.read_message()) == "hello");
  }
  CHECK(proxy.backend_counters().connects.get() == 1);
}

TEST_CASE("pipelined requests are answered in order") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
  REQUIRE(client.send(requests));
  TcpPeer backend = proxy.backend().accept();
  for (int i = 0; i < 10; ++i) {
    const std::string request = backend.read_message();
    CHECK(request.starts_with("POST /" + std::to_string(i) + " "));
    CHECK(body_of(request) == "ab");
    REQUIRE(backend.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i)));
  }
  for (int i = 0; i < 10; ++i) CHECK(body_of(client.read_message()) == std::to_string(i));
  CHECK(proxy.eventually_ends(SessionEnd::completed, 10));
}

TEST_CASE("every message gets across when it arrives byte by byte, both ways") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  const std::string post = "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  TcpPeer backend;
  for (int i = 0; i < 2; ++i) {
    std::thread sender([&] { client.send_slowly(post); });
    if (i == 0) backend = proxy.backend().accept();
    const std::string request = backend.read_message();
    sender.join();
    CHECK(contains(request, "Transfer-Encoding: chunked\r\n"));
    CHECK(unchunk(body_of(request)) == "abc0123456789");
    REQUIRE(backend.send_slowly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n"));
    const std::string reply = client.read_message();
    CHECK(unchunk(body_of(reply)) == "hi");
    CHECK(reply.ends_with("0\r\nX-T: 1\r\n\r\n"));
  }
  CHECK(proxy.backend_counters().connects.get() == 1);
}

TEST_CASE("replies without a body: HEAD, 204, 304") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"));
  TcpPeer backend = proxy.backend().accept();
  CHECK(backend.read_message().starts_with("HEAD / "));
  REQUIRE(backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
  CHECK(contains(client.read_message(true), "Content-Length: 100\r\n"));
  for (const std::string status : {"204 No Content", "304 Not Modified"}) {
    REQUIRE(client.send(get));
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send("HTTP/1.1 " + status + "\r\n\r\n"));
    CHECK(client.read_message(true).starts_with("HTTP/1.1 " + status));
  }
  REQUIRE(client.send(get));
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  CHECK(body_of(client.read_message()) == "hello");
  CHECK(proxy.backend_counters().connects.get() == 1);
}

TEST_CASE("a reply that ends with the connection becomes chunked for 1.1 and until close for 1.0") {
  ProxyFixture proxy;
  proxy.start();
  for (const bool http10 : {false, true}) {
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(http10 ? "GET / HTTP/1.0\r\n\r\n" : get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome "));
    REQUIRE(backend.send("text"));
    backend.close();
    if (http10) {
      CHECK(body_of(client.read_all()) == "some text");
    } else {
      const std::string reply = client.read_message();
      CHECK(contains(reply, "Transfer-Encoding: chunked\r\n"));
      CHECK(unchunk(body_of(reply)) == "some text");
    }
  }
  CHECK(proxy.eventually_ends(SessionEnd::completed, 2));
}

TEST_CASE("a 1.0 client gets a plain body and its keep-alive if it asks") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  const std::string reply = client.read_message();
  CHECK(contains(reply, "onnection: keep-alive\r\n"));
  REQUIRE(client.send("GET / HTTP/1.0\r\n\r\n"));
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nplain\r\n0\r\n\r\n"));
  CHECK(body_of(client.read_all()) == "plain");
}

TEST_CASE("Expect: 100-continue is answered by the backend") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
  TcpPeer backend = proxy.backend().accept();
  CHECK(contains(backend.read_message(true), "Expect: 100-continue\r\n"));
  REQUIRE(backend.send("HTTP/1.1 100 Continue\r\n\r\n"));
  CHECK(client.read_message(true).starts_with("HTTP/1.1 100 Continue\r\n"));
  REQUIRE(client.send("body"));
  CHECK(backend.read_exactly(4) == "body");
  REQUIRE(backend.send(ok));
  CHECK(body_of(client.read_message()) == "hello");
  REQUIRE(client.send(get));
  REQUIRE(!backend.read_message().empty());
}

TEST_CASE("an early reply reaches the client, whose connection then closes") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nstart"));
  TcpPeer backend = proxy.backend().accept();
  CHECK(body_of(backend.read_until("start")) == "start");
  REQUIRE(backend.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"));
  const std::string reply = client.read_message();
  CHECK(reply.starts_with("HTTP/1.1 413 "));
  CHECK(contains(reply, "onnection: close\r\n"));
  CHECK(body_of(reply) == "no!");
  CHECK(client.wait_closed());
  CHECK(backend.wait_closed());
}

TEST_CASE("a large body each way arrives unchanged, and nearly all of it inside the kernel") {
  ProxyFixture proxy;
  proxy.start();
  std::string body(3'000'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * 7 % 26);
  TcpPeer client = proxy.connect();
  const std::string length = std::to_string(body.size());
  std::thread sender([&] {
    client.send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n");
    client.send(body);
  });
  TcpPeer backend = proxy.backend().accept();
  const std::string request = backend.read_message();
  sender.join();
  CHECK(body_of(request) == body);
  std::thread answerer([&] {
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
    backend.send(body);
  });
  CHECK(body_of(client.read_message()) == body);
  answerer.join();
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
  CHECK(proxy.worker->counters().spliced_bytes.get() > 2 * body.size() - 200'000);
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("a large chunked reply arrives unchanged, and looked at") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  std::string body;
  std::thread answerer([&] {
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 30; ++i) backend.send("186a0\r\n" + std::string(100'000, static_cast<char>('a' + i % 26)) + "\r\n");
    backend.send("0\r\n\r\n");
  });
  const std::string reply = client.read_message();
  answerer.join();
  CHECK(reply.ends_with("0\r\n\r\n"));
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
  CHECK(proxy.worker->counters().spliced_bytes.get() == 0);
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("a backend that breaks off in the middle of bulk: the client sees it, and no pipe stays behind") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  std::thread answerer([&] {
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + std::string(1'000'000, 'x'));
    backend.close();
  });
  CHECK(client.read_all().size() > 1'000'000);
  answerer.join();
  CHECK(proxy.eventually_ends(SessionEnd::backend_closed_early, 1));
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("a client that does not read stops the backend, within bounded memory") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect(16 * 1024);
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  const std::size_t total = 40'000'000;  // more than the kernel's buffers on the way
  std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n";
  std::atomic<std::size_t> sent = 0;
  const std::string block(100'000, 'x');
  REQUIRE(backend.send(reply));
  std::thread sender([&] {
    while (sent < total && backend.send(block)) sent += block.size();
  });
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() > 0; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(proxy.worker->counters().buffers_in_use.get() <= 2);
  CHECK(sent < total);
  CHECK(body_of(client.read_message()).size() == total);
  sender.join();
  CHECK(sent == total);
}

TEST_CASE("an upgraded connection becomes a tunnel with half-close") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
  TcpPeer backend = proxy.backend().accept();
  CHECK(contains(backend.read_message(), "Upgrade: websocket\r\n"));
  REQUIRE(backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst"));
  CHECK(client.read_message(true).starts_with("HTTP/1.1 101 "));
  CHECK(client.read_exactly(5) == "first");
  REQUIRE(client.send("ping"));
  CHECK(backend.read_exactly(4) == "ping");
  client.shutdown_send();
  CHECK(backend.wait_closed());
  REQUIRE(backend.send("late"));
  backend.close();
  CHECK(client.read_all() == "late");
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
}

TEST_CASE("a half-closed client still gets its reply") {
  ProxyFixture proxy;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  client.shutdown_send();
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  CHECK(body_of(client.read_all()) == "hello");
}

TEST_CASE("an idle keep-alive connection holds no buffer") {
  ProxyFixture proxy;
  proxy.start();
  std::vector<TcpPeer> clients;
  TcpPeer backend;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(proxy.connect());
    REQUIRE(clients.back().send(get));
    if (i == 0) backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send(ok));
    CHECK(body_of(clients.back().read_message()) == "hello");
  }
  CHECK(proxy.listener_counters().connections.get() == 50);
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("the access record tells the whole story of a request") {
  ProxyFixture proxy;
  proxy.snapshot.access_log = true;
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  const std::string reply = client.read_message();
  const AccessRecord record = proxy.take_record();
  CHECK(record.status == 200);
  CHECK(record.end == SessionEnd::completed);
  CHECK(std::string(record.method.data.data(), record.method.size) == "GET");
  CHECK(std::string(record.target.data.data(), record.target.size) == "/path?q=1");
  CHECK(std::string(record.host.data.data(), record.host.size) == "example.com");
  CHECK(record.backend == backend_id(0));
  CHECK(record.has_backend);
  CHECK_FALSE(record.reused_backend_connection);
  CHECK(record.bytes_received == get.size());
  CHECK(record.bytes_sent == reply.size());
  CHECK(record.client.address == IpAddress::v4({127, 0, 0, 1}));
  CHECK(record.total >= record.first_byte);
}
