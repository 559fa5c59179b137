// What a request allocates in the steady state (nothing), and what an idle connection holds.
//
// malloc and free are counted on every thread but the test's own.
#include <dlfcn.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "lbd/engine/sanitized.hpp"
#include "tests/integration/lbd/proxy_fixture.hpp"

#if !TANDEM_SANITIZED

namespace {
std::atomic<long> allocations{0};
std::atomic<long> live_bytes{0};
thread_local bool test_thread = false;

void* counted(void* block) {
  if (!test_thread && block != nullptr) {
    allocations.fetch_add(1);
    live_bytes.fetch_add(static_cast<long>(::malloc_usable_size(block)));
  }
  return block;
}
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return counted(__libc_calloc(count, size)); }
void* realloc(void* block, std::size_t size) {
  if (!test_thread && block != nullptr) live_bytes.fetch_sub(static_cast<long>(::malloc_usable_size(block)));
  return counted(__libc_realloc(block, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return counted(__libc_memalign(alignment, size)); }
void free(void* block) {
  if (!test_thread && block != nullptr) live_bytes.fetch_sub(static_cast<long>(::malloc_usable_size(block)));
  __libc_free(block);
}
}  // extern "C"

using namespace tandem;
using namespace tandem::lbd;
using test::TcpPeer;

namespace {

const std::string get = "GET /path HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n" + std::string(128, 'x');

void exchange(TcpPeer& client, TcpPeer& backend, const std::string& request, const std::string& reply) {
  REQUIRE(client.send(request));
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(reply));
  REQUIRE(!client.read_message().empty());
}

}  // namespace

TEST_CASE("a keep-alive request allocates nothing in the steady state") {
  test_thread = true;
  for (const bool access_log : {false, true}) {
    ProxyFixture proxy;
    proxy.snapshot.access_log = access_log;
    proxy.start();
    TcpPeer client = proxy.connect();
    REQUIRE(client.send(get));
    TcpPeer backend = proxy.backend().accept();
    REQUIRE(!backend.read_message().empty());
    REQUIRE(backend.send(ok));
    REQUIRE(!client.read_message().empty());
    for (int i = 0; i < 20; ++i) exchange(client, backend, get, ok);
    REQUIRE(proxy.eventually_ends(SessionEnd::completed, 21));
    const long before = allocations.load();
    for (int i = 0; i < 1000; ++i) exchange(client, backend, get, ok);
    REQUIRE(proxy.eventually_ends(SessionEnd::completed, 1021));
    CHECK(allocations.load() - before == 0);
  }
}

TEST_CASE("requests with bodies, chunked replies and rules allocate nothing either") {
  test_thread = true;
  ProxyFixture proxy;
  proxy.snapshot.listeners[0].config.request_headers.set = {{"X-Edge", "tandem"}};
  proxy.snapshot.listeners[0].config.response_headers.remove = {"Server"};
  proxy.start();
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(post));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(chunked));
  REQUIRE(!client.read_message().empty());
  for (int i = 0; i < 20; ++i) exchange(client, backend, post, chunked);
  REQUIRE(proxy.eventually_ends(SessionEnd::completed, 21));
  const long before = allocations.load();
  for (int i = 0; i < 300; ++i) exchange(client, backend, post, chunked);
  REQUIRE(proxy.eventually_ends(SessionEnd::completed, 321));
  CHECK(allocations.load() - before == 0);
}

TEST_CASE("an idle keep-alive connection holds at most 1 KiB") {
  test_thread = true;
  ProxyFixture proxy;
  proxy.start();
  TcpPeer first = proxy.connect();
  REQUIRE(first.send(get));
  TcpPeer backend = proxy.backend().accept();
  REQUIRE(!backend.read_message().empty());
  REQUIRE(backend.send(ok));
  REQUIRE(!first.read_message().empty());
  std::vector<TcpPeer> clients;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i) {
      clients.push_back(proxy.connect());
      exchange(clients.back(), backend, get, ok);
    }
  };
  add(20);
  const long before = live_bytes.load();
  constexpr int count = 400;
  add(count);
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
  const long each = (live_bytes.load() - before) / count;
  MESSAGE("bytes per idle keep-alive connection: ", each);
  CHECK(each > 0);
  CHECK(each <= 1024);
}

TEST_CASE("an idle TCP connection holds at most 1.5 KiB, both directions and the backend's connection included") {
  test_thread = true;
  ProxyFixture proxy(1, config::ListenerProtocol::tcp);
  proxy.start();
  std::vector<TcpPeer> peers;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i) {
      TcpPeer client = proxy.connect();
      TcpPeer backend = proxy.backend().accept();
      REQUIRE(client.send("ping"));
      REQUIRE(backend.read_exactly(4) == "ping");
      REQUIRE(backend.send("pong"));
      REQUIRE(client.read_exactly(4) == "pong");
      peers.push_back(std::move(client));
      peers.push_back(std::move(backend));
    }
  };
  add(20);
  const long before = live_bytes.load();
  constexpr int count = 200;
  add(count);
  CHECK(proxy.eventually([&] { return proxy.worker->counters().buffers_in_use.get() == 0; }));
  const long each = (live_bytes.load() - before) / count;
  MESSAGE("bytes per idle TCP connection: ", each);
  CHECK(each > 0);
  CHECK(each <= 1536);
}

#else

TEST_CASE("memory is counted in builds without a sanitizer") { CHECK(true); }

#endif
