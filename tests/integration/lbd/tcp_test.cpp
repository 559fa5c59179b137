// TCP through a real Worker.
#include <string>
#include <thread>

#include "tests/integration/lbd/proxy_fixture.hpp"

using namespace tandem;
using namespace tandem::lbd;
using test::TcpPeer;

TEST_CASE("bytes go both ways, and the server may speak first") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.start();
  TcpPeer client = proxy.connect();
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(backend.send("220 hello"));
  CHECK(client.read_exactly(9) == "220 hello");
  REQUIRE(client.send("EHLO"));
  CHECK(backend.read_exactly(4) == "EHLO");
  client.close();
  CHECK(backend.wait_closed());
  backend.close();
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
  CHECK(proxy.eventually([&] { return proxy.backend_counters().active.get() == 0; }));
}

TEST_CASE("each side can close its direction while the other goes on") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.snapshot.access_log = true;
  proxy.start();
  TcpPeer client = proxy.connect();
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(client.send("question"));
  client.shutdown_send();
  CHECK(backend.read_all() == "question");
  REQUIRE(backend.send("a long "));
  REQUIRE(backend.send("answer"));
  backend.close();
  CHECK(client.read_all() == "a long answer");
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
  const AccessRecord record = proxy.take_record();
  CHECK(record.bytes_received == 8);
  CHECK(record.bytes_sent == 13);
  CHECK(record.status == 0);
}

TEST_CASE("bulk both ways at once, unchanged, and no buffer is left in use") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.start();
  TcpPeer client = proxy.connect();
  TcpPeer backend = proxy.backend().accept();
  std::string data(5'000'000, ' ');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 31 % 251);
  std::string at_backend;
  std::string at_client;
  std::thread client_sender([&] { client.send(data); client.shutdown_send(); });
  std::thread backend_sender([&] { backend.send(data); backend.shutdown_send(); });
  std::thread backend_reader([&] { at_backend = backend.read_all(); });
  at_client = client.read_all();
  client_sender.join();
  backend_sender.join();
  backend_reader.join();
  CHECK(at_client == data);
  CHECK(at_backend == data);
  CHECK(proxy.worker->counters().spliced_bytes.get() > data.size());
  CHECK(proxy.eventually_ends(SessionEnd::completed, 1));
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
}

TEST_CASE("a side that does not read stops the other, within bounded memory") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.start();
  TcpPeer client = proxy.connect(16 * 1024);
  TcpPeer backend = proxy.backend().accept();
  std::thread sender([&] {
    const std::string block(1'000'000, 'x');
    for (int i = 0; i < 10; ++i) backend.send(block);
    backend.close();
  });
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 1; }));
  CHECK(client.read_all().size() == 10'000'000);
  sender.join();
}

TEST_CASE("an idle connection is closed after tcp_idle and holds no buffer until then") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.snapshot.timeouts.tcp_idle = std::chrono::milliseconds(300);
  proxy.start();
  TcpPeer client = proxy.connect();
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(client.send("x"));
  CHECK(backend.read_exactly(1) == "x");
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
  CHECK(client.wait_closed());
  CHECK(client.was_reset());
  CHECK(backend.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::tcp_idle, 1));
}

TEST_CASE("a reset on one side resets the other") {
  for (const bool by_client : {true, false}) {
    ProxyFixture proxy(1, config::ListenerProtocol::tcp);
    proxy.start();
    TcpPeer client = proxy.connect();
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(client.send("x"));
    CHECK(backend.read_exactly(1) == "x");
    TcpPeer& other = by_client ? backend : client;
    (by_client ? client : backend).reset();
    CHECK(other.wait_closed());
    CHECK(other.was_reset());
    CHECK(proxy.eventually_ends(by_client ? SessionEnd::client_aborted : SessionEnd::backend_reset, 1));
  }
}

TEST_CASE("a backend that refuses is passed over; when all refuse the client is reset") {
  ProxyFixture proxy(2, config::ListenerProtocol::tcp);
  proxy.start();
  proxy.backend(0).close();
  // The choice is random: so many that the closed one is surely among them.
  for (int i = 0; i < 40; ++i) {
    TcpPeer client = proxy.connect();
    TcpPeer backend = proxy.backend(1).accept();
    REQUIRE(backend.send("hi"));
    CHECK(client.read_exactly(2) == "hi");
  }
  CHECK(proxy.sink.wait_for([](const ControlMessage& message) {
    const auto* failure = std::get_if<BackendFailed>(&message);
    return failure != nullptr && failure->backend == backend_id(0);
  }));
  proxy.backend(1).close();
  TcpPeer client = proxy.connect();
  CHECK(client.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::backend_connect_refused, 1));
}

TEST_CASE("no backend is up: the connection is closed and the cause counted") {
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.snapshot.groups[0].backends[0].availability.health = Availability::Health::down;
  proxy.start();
  TcpPeer client = proxy.connect();
  CHECK(client.wait_closed());
  CHECK(proxy.eventually_ends(SessionEnd::no_backend_up, 1));
}
