#include "common/io/http_server.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "common/io/http_client.hpp"
#include "common/io/peer_process.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/unix_socket.hpp"
#include "tests/support/io_fixture.hpp"

using namespace tandem;
using namespace tandem::io;
using tandem::io::testing::eventually;
using tandem::io::testing::ServerFixture;

namespace {

UniqueFd connect_to(const std::string& socket) {
  auto connection = connect_unix_socket(socket);
  REQUIRE(connection.error == 0);
  return std::move(connection.fd);
}

bool wait_readable(const UniqueFd& fd, int milliseconds = 3000) {
  pollfd poll_for{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&poll_for, 1, milliseconds) == 1;
}

void send_all(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return;  // the server has closed already
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Everything up to the end of the connection.
std::string receive_all(const UniqueFd& fd) {
  std::string all;
  std::array<char, 4096> chunk{};
  while (wait_readable(fd)) {
    const auto size = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
    if (size <= 0) break;
    all.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return all;
}

std::string converse(const std::string& socket, std::string_view bytes) {
  const UniqueFd fd = connect_to(socket);
  send_all(fd, bytes);
  return receive_all(fd);
}

int status_of(const std::string& response) {
  return response.size() > 12 ? std::atoi(response.substr(9, 3).c_str()) : 0;
}

UniqueFd connect_tcp(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

struct EchoServer : ServerFixture {
  EchoServer() {
    server.route("POST", "/v1/echo", [](const HttpRequest& request) {
      return HttpResponse{.body = request.query + "|" + request.body};
    });
    server.route("GET", "/v1/status", [](const HttpRequest&) { return HttpResponse{.body = "{}"}; });
    server.route("GET", "/metrics", [](const HttpRequest&) {
      return HttpResponse{.body = "up 1\n", .content_type = "text/plain"};
    });
    server.route("POST", "/v1/json", [](const HttpRequest& request) {
      const auto json = nlohmann::json::parse(request.body);
      return HttpResponse{.body = json.at("name").get<std::string>()};
    });
    server.route("GET", "/v1/broken", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("oops"); });
    listen();
  }
};

}  // namespace

TEST_CASE("a request reaches its handler, and the answer its client") {
  const EchoServer fixture;
  const auto answer = http_call(fixture.socket, "POST", "/v1/echo?a=b", "hello");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "a=b|hello");
  CHECK(answer->content_type == "application/json");
  const std::string large(900'000, 'x');
  CHECK(http_call(fixture.socket, "POST", "/v1/echo", large)->body.size() == large.size() + 1);
}

TEST_CASE("an unknown path is 404 with the known ones; a wrong method 405 with the right ones") {
  const EchoServer fixture;
  const auto missing = http_call(fixture.socket, "GET", "/v1/nothing");
  REQUIRE(missing);
  CHECK(missing->status == 404);
  const auto json = nlohmann::json::parse(missing->body);
  CHECK(json["error"] == "unknown path /v1/nothing");
  CHECK(json["hint"].get<std::string>().find("/metrics, /v1/broken, /v1/echo, ") != std::string::npos);
  for (const char* method : {"HEAD", "OPTIONS", "DELETE", "POST"}) {
    CAPTURE(method);
    const std::string text = converse(fixture.socket, fmt::format("{} /v1/status HTTP/1.1\r\n\r\n", method));
    CHECK(status_of(text) == 405);
    CHECK(text.find("\r\nAllow: GET\r\n") != std::string::npos);
  }
  CHECK(converse(fixture.socket, "HEAD /v1/status HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST_CASE("what a handler throws is an answer, too") {
  const EchoServer fixture;
  CHECK(http_call(fixture.socket, "POST", "/v1/json", "{\"name\": \"x\"}")->body == "x");
  for (const char* body : {"", "{", "[1]", "{\"name\": 1}", "{}"}) {
    CAPTURE(body);
    CHECK(http_call(fixture.socket, "POST", "/v1/json", body)->status == 400);
  }
  CHECK(http_call(fixture.socket, "GET", "/v1/broken")->status == 500);
  CHECK(http_call(fixture.socket, "GET", "/v1/status")->status == 200);
}

TEST_CASE("garbage gets a status and the end of its connection; others are served") {
  const EchoServer fixture;
  CHECK(status_of(converse(fixture.socket, "\x16\x03\x01garbage\r\n\r\n")) == 400);
  CHECK(status_of(converse(fixture.socket, std::string(300'000, 'A'))) == 431);
  CHECK(status_of(converse(fixture.socket, "POST /v1/echo HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" +
                                               std::string(2'000'000, 'b'))) == 413);
  { const UniqueFd leaves_early = connect_to(fixture.socket); }
  CHECK(http_call(fixture.socket, "GET", "/v1/status")->status == 200);
}

TEST_CASE("a body that is announced with Expect is asked for") {
  const EchoServer fixture;
  const UniqueFd fd = connect_to(fixture.socket);
  send_all(fd, "POST /v1/echo HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(wait_readable(fd));
  std::array<char, 256> interim{};
  const auto size = ::recv(fd.get(), interim.data(), interim.size(), 0);
  CHECK(std::string_view(interim.data(), static_cast<std::size_t>(size)) == "HTTP/1.1 100 Continue\r\n\r\n");
  send_all(fd, "abc");
  CHECK(receive_all(fd).ends_with("\r\n\r\n|abc"));
}

TEST_CASE("an answer may come later, once, or not at all") {
  ServerFixture fixture;
  std::vector<HttpServer::Respond> waiting;
  fixture.server.route_async("POST", "/v1/later",
                             [&](const HttpRequest&, HttpServer::Respond respond) { waiting.push_back(respond); });
  fixture.server.route_async("POST", "/v1/now", [](const HttpRequest&, HttpServer::Respond respond) {
    respond({.body = "first"});
    respond({.body = "second"});
  });
  fixture.server.route_async("POST", "/v1/never", [](const HttpRequest&, HttpServer::Respond) {});
  fixture.server.route_async("POST", "/v1/throws", [](const HttpRequest&, HttpServer::Respond) {
    throw std::runtime_error("oops");
  });
  fixture.listen();
  CHECK(http_call(fixture.socket, "POST", "/v1/now")->body == "first");
  CHECK(http_call(fixture.socket, "POST", "/v1/never")->status == 500);
  CHECK(http_call(fixture.socket, "POST", "/v1/throws")->status == 500);

  auto later = std::async(std::launch::async, [&] { return http_call(fixture.socket, "POST", "/v1/later"); });
  CHECK(eventually([&] {
    bool arrived = false;
    fixture.thread.run([&] { arrived = waiting.size() == 1; });
    return arrived;
  }));
  fixture.thread.run([&] { waiting[0]({.body = "done"}); });
  const auto answer = later.get();
  REQUIRE(answer);
  CHECK(answer->body == "done");
  fixture.thread.run([&] { waiting.clear(); });
}

TEST_CASE("a Respond that outlives its server and client does nothing") {
  HttpServer::Respond kept;
  {
    ServerFixture fixture;
    std::atomic<bool> arrived = false;
    fixture.server.route_async("POST", "/v1/later", [&](const HttpRequest&, HttpServer::Respond respond) {
      kept = std::move(respond);
      arrived = true;
    });
    fixture.listen();
    const UniqueFd fd = connect_to(fixture.socket);
    send_all(fd, "POST /v1/later HTTP/1.1\r\n\r\n");
    CHECK(eventually([&] { return arrived.load(); }));
  }
  kept({.body = "too late"});
}

TEST_CASE("a stream carries lines until its client goes or its handler drops it") {
  ServerFixture fixture;
  std::shared_ptr<LineStream> stream;
  fixture.server.route_stream("/v1/stream", [&](std::shared_ptr<LineStream> opened) {
    opened->write_line("{\"first\":1}");
    stream = std::move(opened);
  });
  fixture.listen();
  const auto is_open = [&] {
    bool open = false;
    fixture.thread.run([&] { open = stream && stream->open(); });
    return open;
  };
  {
    const UniqueFd fd = connect_to(fixture.socket);
    send_all(fd, "GET /v1/stream HTTP/1.1\r\n\r\n");
    CHECK(eventually(is_open));
    fixture.thread.run([&] {
      stream->write_line("{\"second\":2}");
      stream.reset();
    });
    const std::string text = receive_all(fd);
    CHECK(text.ends_with("\r\n\r\n{\"first\":1}\n{\"second\":2}\n"));
    CHECK(text.find("application/x-ndjson") != std::string::npos);
  }
  {
    const UniqueFd fd = connect_to(fixture.socket);
    send_all(fd, "GET /v1/stream HTTP/1.1\r\n\r\n");
    CHECK(eventually(is_open));
  }
  CHECK(eventually([&] { return !is_open(); }));
  fixture.thread.run([&] {
    stream->write_line("nobody listens");
    stream.reset();
  });
}

TEST_CASE("a stream's client that does not read is cut off, and the writer never waits") {
  ServerFixture fixture;
  std::shared_ptr<LineStream> stream;
  fixture.server.route_stream("/v1/stream", [&](std::shared_ptr<LineStream> opened) { stream = std::move(opened); });
  fixture.listen();
  const UniqueFd fd = connect_to(fixture.socket);
  send_all(fd, "GET /v1/stream HTTP/1.1\r\n\r\n");
  REQUIRE(wait_readable(fd));  // the head
  bool open = true;
  int lines = 0;
  fixture.thread.run([&] {
    const std::string line(1000, 'x');
    while (stream->open() && lines < 10'000) {
      stream->write_line(line);
      ++lines;
    }
    open = stream->open();
    stream.reset();
  });
  CHECK_FALSE(open);
  CHECK(lines > 1000);
}

TEST_CASE("the sixty-fifth connection is told that there are too many") {
  const EchoServer fixture;
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 64; ++i) idle.push_back(connect_to(fixture.socket));
  CHECK(status_of(converse(fixture.socket, "GET /v1/status HTTP/1.1\r\n\r\n")) == 503);
  idle.clear();
  CHECK(eventually([&] { return http_call(fixture.socket, "GET", "/v1/status")->status == 200; }));
}

TEST_CASE("over TCP only the metrics are served") {
  EchoServer fixture;
  fixture.thread.run([&] { REQUIRE(fixture.server.listen_tcp(*Endpoint::parse("127.0.0.1:0"))); });
  const std::uint16_t port = fixture.server.tcp_port();
  REQUIRE(port != 0);
  const auto ask = [&](const char* text) {
    const UniqueFd fd = connect_tcp(port);
    send_all(fd, text);
    return receive_all(fd);
  };
  CHECK(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nup 1\n"));
  CHECK(status_of(ask("POST /v1/echo HTTP/1.1\r\nHost: x\r\n\r\n")) == 403);
  CHECK(status_of(ask("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")) == 403);

  HttpServer second(fixture.thread.io);
  fixture.thread.run([&] {
    const auto taken = second.listen_tcp({IpAddress::v4({127, 0, 0, 1}), port});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message == fmt::format("listen on 127.0.0.1:{}: Address already in use", port));
    second.close();
  });
}

TEST_CASE("a second server on a live socket is refused, the first goes on") {
  EchoServer fixture;
  fixture.thread.run([&] {
    HttpServer second(fixture.thread.io);
    const auto listening = second.listen_unix(fixture.socket);
    REQUIRE_FALSE(listening);
    CHECK(listening.error().message.find("another instance is running (pid ") == 0);
  });
  CHECK(http_call(fixture.socket, "GET", "/v1/status")->status == 200);
}

TEST_CASE("close ends every connection and removes the socket file") {
  EchoServer fixture;
  const UniqueFd idle = connect_to(fixture.socket);
  CHECK(http_call(fixture.socket, "GET", "/v1/status")->status == 200);
  fixture.thread.run([&] { fixture.server.close(); });
  CHECK_FALSE(std::filesystem::exists(fixture.socket));
  CHECK(receive_all(idle).empty());
  CHECK(connect_unix_socket(fixture.socket).error == ENOENT);
}

namespace {

// Runs `work` on a thread that the kernel takes for one of user `uid`; the process keeps its own.
void as_user(uid_t uid, const std::function<void()>& work) {
  std::thread thread([&] {
    // Not setresuid(): glibc would change every thread.
    const auto nobody_changes = static_cast<uid_t>(-1);
    REQUIRE(::syscall(SYS_setresuid, nobody_changes, uid, nobody_changes) == 0);
    work();
  });
  thread.join();
}

}  // namespace

TEST_CASE("changing is for root and for the daemon's own user") {
  CHECK(may_change({.pid = 1, .uid = 0}, 998));
  CHECK(may_change({.pid = 1, .uid = 998}, 998));
  CHECK_FALSE(may_change({.pid = 1, .uid = 1000}, 998));
  CHECK_FALSE(may_change({.pid = 1, .uid = 1000}, 0));
}

TEST_CASE_FIXTURE(EchoServer, "who may only look gets a 403 for everything else, counted") {
  if (::geteuid() != 0) return;  // only root can be somebody else, too
  // As membership of the socket's group would: let everybody connect.
  REQUIRE(::chmod(socket.c_str(), 0666) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  as_user(65534, [this] {
    const std::string refused = converse(socket, "POST /v1/echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(status_of(refused) == 403);
    CHECK(refused.find("changing needs root: user 65534 (pid ") != std::string::npos);
    CHECK(refused.find("sudo") != std::string::npos);
    // Not even what exists is told.
    CHECK(status_of(converse(socket, "DELETE /nowhere HTTP/1.1\r\n\r\n")) == 403);
    CHECK(status_of(converse(socket, "GET /nowhere HTTP/1.1\r\n\r\n")) == 404);
    CHECK(status_of(converse(socket, "HEAD /nowhere HTTP/1.1\r\n\r\n")) == 404);
  });
  CHECK(status_of(converse(socket, "POST /v1/echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")) == 200);
  std::uint64_t refusals = 0;
  thread.run([&] { refusals = server.refused(); });
  CHECK(refusals == 2);
}
