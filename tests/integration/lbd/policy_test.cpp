// What the configuration decides: rules, stickiness, reload, limits of the system.
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "tests/integration/lbd/proxy_fixture.hpp"

using namespace tandem;
using namespace tandem::lbd;
using test::TcpPeer;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers one request at whichever backend it arrives, each over one kept connection.
struct Backends {
  explicit Backends(ProxyFixture& fixture) : proxy(fixture), kept(fixture.backends.size()) {}

  /// Index of the backend that got `request`; `reply` receives what the client got.
  std::size_t serve(TcpPeer& client, const std::string& request, std::string& reply) {
    std::vector<std::uint64_t> before;
    for (std::size_t i = 0; i < kept.size(); ++i) before.push_back(proxy.backend_counters(i).requests.get());
    REQUIRE(client.send(request));
    std::size_t chosen = kept.size();
    REQUIRE(proxy.eventually([&] {
      for (std::size_t i = 0; i < kept.size(); ++i) {
        if (proxy.backend_counters(i).requests.get() > before[i]) chosen = i;
      }
      return chosen < kept.size();
    }));
    if (!kept[chosen].is_open()) kept[chosen] = proxy.backend(chosen).accept();
    last_request = kept[chosen].read_message();
    REQUIRE(!last_request.empty());
    REQUIRE(kept[chosen].send(ok));
    reply = client.read_message();
    REQUIRE(contains(reply, "hello"));
    return chosen;
  }

  ProxyFixture& proxy;
  std::vector<TcpPeer> kept;
  std::string last_request;
};

std::string cookie_of(const std::string& reply) {
  const std::size_t at = reply.find("Set-Cookie: ");
  if (at == std::string::npos) return {};
  return reply.substr(at + 12, reply.find(';', at) - at - 12);
}

SetCookieKeys keys() {
  CookieKey key;
  key.id = 7;
  key.key.fill(42);
  return {{key}};
}

}  // namespace

TEST_CASE("sticky cookie: the client stays with its backend; a forged cookie is replaced") {
  ProxyFixture proxy(3);
  proxy.snapshot.groups[0].config.sticky = config::StickyConfig{};
  proxy.snapshot.access_log = true;
  proxy.start();
  proxy.worker->post(keys());
  Backends backends(proxy);
  TcpPeer client = proxy.connect();
  std::string reply;
  const std::size_t home = backends.serve(client, get, reply);
  const std::string cookie = cookie_of(reply);
  REQUIRE(cookie.starts_with("TANDEM="));
  CHECK_FALSE(proxy.take_record().sticky);
  const std::string with_cookie = "GET / HTTP/1.1\r\nHost: h\r\nCookie: a=b; " + cookie + "\r\n\r\n";
  for (int i = 0; i < 12; ++i) {
    CHECK(backends.serve(client, with_cookie, reply) == home);
    CHECK(cookie_of(reply).empty());
    CHECK(proxy.take_record().sticky);
  }
  std::string forged = with_cookie;
  forged[forged.find("TANDEM=") + 20] ^= 1;
  backends.serve(client, forged, reply);
  CHECK(cookie_of(reply).starts_with("TANDEM="));

  SUBCASE("draining keeps those who are bound, and takes nobody new") {
    proxy.set_availability(home, {Availability::Health::up, true, 1});
    REQUIRE(proxy.eventually([&] { return true; }));
    CHECK(backends.serve(client, with_cookie, reply) == home);
    for (int i = 0; i < 12; ++i) CHECK(backends.serve(client, get, reply) != home);
  }
  SUBCASE("down: another backend, and a new cookie") {
    proxy.set_availability(home, {Availability::Health::down, false, 1});
    CHECK(backends.serve(client, with_cookie, reply) != home);
    CHECK(cookie_of(reply).starts_with("TANDEM="));
  }
}

TEST_CASE("sticky source: bound at the first request, told to control, and steered by it") {
  ProxyFixture proxy(3);
  config::StickyConfig sticky;
  sticky.type = config::StickyConfig::Type::source;
  proxy.snapshot.groups[0].config.sticky = sticky;
  proxy.start();
  Backends backends(proxy);
  std::string reply;
  TcpPeer client = proxy.connect();
  const std::size_t home = backends.serve(client, get, reply);
  const std::uint64_t identity = proxy.snapshot.groups[0].backends[home].identity;
  CHECK(proxy.sink.wait_for([&](const ControlMessage& message) {
    const auto* learned = std::get_if<StickyLearned>(&message);
    return learned != nullptr && learned->binding.backend_identity == identity &&
           learned->binding.source == IpAddress::v4({127, 0, 0, 1}) && learned->binding.ttl == sticky.ttl;
  }));
  for (int i = 0; i < 6; ++i) {
    TcpPeer another = proxy.connect();
    CHECK(backends.serve(another, get, reply) == home);
  }
  const std::size_t elsewhere = (home + 1) % 3;
  proxy.worker->post(StickyBinding{group_id, IpAddress::v4({127, 0, 0, 1}),
                                   proxy.snapshot.groups[0].backends[elsewhere].identity, sticky.ttl + std::chrono::seconds(5)});
  CHECK(backends.serve(client, get, reply) == elsewhere);
}

TEST_CASE("rules: redirect by host, header edits, trusted proxies") {
  ProxyFixture proxy;
  auto& listener = proxy.snapshot.listeners[0].config;
  config::RuleConfig rule;
  rule.name = "to-https";
  rule.priority = 1;
  rule.conditions = {{config::ConditionConfig::Kind::host, "", {"shop.example.com"}}};
  rule.redirect = config::RedirectConfig{"https", "", 443, "", 308};
  listener.rules = {rule};
  listener.request_headers = {{{"X-Edge", "tandem"}}, {}, {"X-Internal"}};
  listener.response_headers = {{{"X-Out", "1"}}, {}, {"Server"}};
  proxy.start();
  Backends backends(proxy);
  TcpPeer client = proxy.connect();
  REQUIRE(client.send("GET /a?b HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"));
  const std::string redirect = client.read_message();
  CHECK(redirect.starts_with("HTTP/1.1 308 "));
  CHECK(contains(redirect, "Location: https://shop.example.com"));
  CHECK(contains(redirect, "/a?b\r\n"));
  CHECK(proxy.eventually_ends(SessionEnd::redirected, 1));

  std::string reply;
  backends.serve(client, "GET / HTTP/1.1\r\nHost: h\r\nX-Internal: secret\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", reply);
  CHECK(contains(backends.last_request, "X-Edge: tandem\r\n"));
  CHECK_FALSE(contains(backends.last_request, "secret"));
  CHECK(contains(backends.last_request, "X-Forwarded-For: 127.0.0.1\r\n"));
  CHECK(contains(reply, "X-Out: 1\r\n"));

  listener.trusted_proxies = {*Prefix::parse("127.0.0.0/8")};
  proxy.worker->post(ApplySnapshot{std::make_shared<const Snapshot>(proxy.snapshot)});
  backends.serve(client, "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", reply);
  CHECK(contains(backends.last_request, "1.2.3.4, 127.0.0.1"));
}

TEST_CASE("reload: connections of what stays live on; what goes finishes what it does") {
  ProxyFixture proxy(2);
  Snapshot both = proxy.snapshot;
  proxy.snapshot.groups[0].backends.pop_back();
  proxy.start();
  TcpPeer client = proxy.connect();
  REQUIRE(client.send(get));
  TcpPeer backend = proxy.backend(0).accept();
  REQUIRE(!backend.read_message().empty());

  // Backend 0 goes while its request runs, backend 1 comes.
  Snapshot next = both;
  next.groups[0].backends.erase(next.groups[0].backends.begin());
  proxy.worker->post(ApplySnapshot{std::make_shared<const Snapshot>(next)});
  REQUIRE(proxy.eventually([&] { return proxy.worker->backend_counters(backend_id(1)) != nullptr; }));
  REQUIRE(backend.send(ok));
  CHECK(contains(client.read_message(), "hello"));
  CHECK(backend.wait_closed());
  REQUIRE(client.send(get));
  TcpPeer second = proxy.backend(1).accept();
  REQUIRE(!second.read_message().empty());
  REQUIRE(second.send(ok));
  CHECK(contains(client.read_message(), "hello"));
  CHECK(proxy.backend_counters(0).requests.get() == 1);

  // The listener goes: its idle connection is closed, a running request ends first.
  TcpPeer busy = proxy.connect();
  REQUIRE(busy.send(get));
  REQUIRE(!second.read_message().empty());
  Snapshot without = next;
  without.listeners.clear();
  proxy.worker->post(ApplySnapshot{std::make_shared<const Snapshot>(without)});
  CHECK(client.wait_closed());
  REQUIRE(second.send(ok));
  CHECK(contains(busy.read_message(), "onnection: close\r\n"));
  CHECK(busy.wait_closed());
}

TEST_CASE("out of descriptors: idle connections go first, then new ones are shed; nothing spins; it heals") {
  ProxyFixture proxy;
  proxy.start();
  // Client sockets are made while there still are descriptors.
  std::vector<int> sockets;
  for (int i = 0; i < 40; ++i) sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  constexpr rlim_t spare = 8;
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  few.rlim_cur = static_cast<rlim_t>(lowest_free) + spare;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);

  const Endpoint to = proxy.front.endpoint();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  std::memcpy(&address.sin_addr, to.address.bytes().data(), 4);
  std::vector<TcpPeer> clients;
  const auto connect_next = [&](std::string_view bytes) {
    const int fd = sockets[clients.size()];
    CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    clients.emplace_back(fd);
    if (!bytes.empty()) CHECK(clients.back().send(bytes));
  };
  SUBCASE("idle ones make room") {
    connect_next("");
    CHECK(proxy.eventually([&] { return proxy.listener_counters().connections.get() == 1; }));
    for (rlim_t i = 1; i < spare; ++i) connect_next("GET / HTTP/1.1\r\nHost: ");
    // Long enough for the first one to count as idle.
    CHECK(clients.front().read_for(std::chrono::milliseconds(200)).empty());
    connect_next("GET / HTTP/1.1\r\nHost: ");
    CHECK(proxy.eventually_ends(SessionEnd::client_idle, 1));
    CHECK(proxy.worker->counters().sheds.get() == 0);
    CHECK(proxy.listener_counters().connections.get() <= spare);
  }
  SUBCASE("busy ones do not: those who come are shed") {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      connect_next("GET / HTTP/1.1\r\nHost: ");
      proxy.eventually([&] { return proxy.worker->counters().sheds.get() > 0; }, std::chrono::milliseconds(5));
    }
    CHECK(proxy.eventually([&] { return proxy.worker->counters().sheds.get() > 0; }));
    CHECK(proxy.ends(SessionEnd::overload_fds) == proxy.worker->counters().sheds.get());
    CHECK(proxy.worker->counters().accept_errors.get() < 500);
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  for (std::size_t i = clients.size(); i < sockets.size(); ++i) ::close(sockets[i]);
  clients.clear();
  Backends backends(proxy);
  TcpPeer client = proxy.connect();
  std::string reply;
  CHECK(backends.serve(client, get, reply) == 0);
}
