#include "common/io/http_client.hpp"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/io/unix_socket.hpp"
#include "tests/support/io_fixture.hpp"

using namespace tandem;
using namespace tandem::io;
using tandem::io::testing::ServerFixture;
using tandem::io::testing::TemporaryDirectory;

namespace {

// Accepts one connection, reads a little, sends `bytes` and closes: a daemon that misbehaves.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string bytes) : listener_(*listen_unix_socket(directory_.file("lbd.sock"))) {
    thread_ = std::thread([this, bytes = std::move(bytes)] {
      pollfd_wait();
      const UniqueFd client(::accept(listener_.fd.get(), nullptr, nullptr));
      std::array<char, 4096> request{};
      if (::recv(client.get(), request.data(), request.size(), 0) < 0) return;
      [[maybe_unused]] const auto sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() { thread_.join(); }

  [[nodiscard]] const std::string& socket() const { return listener_.path; }

 private:
  void pollfd_wait() const {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(listener_.fd.get(), &readable);
    timeval patience{.tv_sec = 3, .tv_usec = 0};
    ::select(listener_.fd.get() + 1, &readable, nullptr, nullptr, &patience);
  }

  TemporaryDirectory directory_;
  UnixListener listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a daemon that is not running is told apart from one that fails") {
  const TemporaryDirectory directory;
  const std::string socket = directory.file("vrrpd.sock");
  const auto outcome = http_exchange(socket, "GET", "/v1/status");
  const auto* failure = std::get_if<CallFailure>(&outcome);
  REQUIRE(failure != nullptr);
  CHECK(failure->kind == CallFailure::Kind::not_running);
  CHECK(failure->message == "vrrpd is not running: nothing listens on " + socket);
  CHECK(http_call(socket, "GET", "/v1/status").error().message == failure->message);
  CHECK_FALSE(http_follow(socket, "/v1/events/stream", [](std::string_view) { return true; }));
}

TEST_CASE("a daemon that hangs costs the timeout and is named") {
  const TemporaryDirectory directory;
  const auto listener = listen_unix_socket(directory.file("lbd.sock"));
  REQUIRE(listener);
  const auto answer = http_call(listener->path, "GET", "/v1/status", {}, std::chrono::milliseconds(30));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == listener->path + ": the daemon did not answer in time: it hangs or is stopped");
}

TEST_CASE("broken answers are errors, not crashes") {
  struct Row {
    const char* bytes;
    const char* message;
  };
  const std::vector<Row> rows = {
      {"", "the daemon closed the connection without an answer"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "the answer ended early"},
      {"SSH-2.0-OpenSSH\r\n", "not an HTTP response"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "not an HTTP response"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "malformed Content-Length"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const ScriptedServer server(row.bytes);
    const auto answer = http_call(server.socket(), "GET", "/v1/status", {}, std::chrono::seconds(3));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == server.socket() + ": " + row.message);
  }
}

TEST_CASE("a body may end with the connection") {
  const ScriptedServer server("HTTP/1.0 200 OK\r\n\r\nup 1\n");
  CHECK(http_call(server.socket(), "GET", "/metrics")->body == "up 1\n");
}

TEST_CASE("following a stream: every line, until either side stops") {
  ServerFixture fixture;
  fixture.server.route_stream("/v1/stream", [&](std::shared_ptr<LineStream> stream) {
    for (int i = 0; i < 5; ++i) stream->write_line(std::to_string(i));
  });
  fixture.listen();
  std::vector<std::string> lines;
  CHECK(http_follow(fixture.socket, "/v1/stream", [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  }));
  CHECK(lines == std::vector<std::string>{"0", "1", "2", "3", "4"});
  lines.clear();
  CHECK(http_follow(fixture.socket, "/v1/stream", [&](std::string_view line) {
    lines.emplace_back(line);
    return lines.size() < 2;
  }));
  CHECK(lines.size() == 2);
  const auto missing = http_follow(fixture.socket, "/v1/nothing", [](std::string_view) { return true; });
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == fixture.socket + ": /v1/nothing answered 404");
}
