#include <string>
#include <vector>

#include "common/io/http_client.hpp"
#include "tests/support/io_fixture.hpp"

using namespace tandem::io;
using tandem::io::testing::eventually;
using tandem::io::testing::IoThread;
using tandem::io::testing::TemporaryDirectory;

namespace {

// A watcher and, at times, the daemon that it watches; all on one io thread.
struct WatcherFixture {
  WatcherFixture() {
    thread.run([this] {
      watcher = std::make_unique<LineWatcher>(
          thread.io, socket, "/v1/stream", [this](std::string_view line) { lines.emplace_back(line); },
          [this](std::string_view reason) { losses.emplace_back(reason); });
    });
  }
  WatcherFixture(const WatcherFixture&) = delete;
  WatcherFixture& operator=(const WatcherFixture&) = delete;
  ~WatcherFixture() {
    thread.run([this] {
      watcher.reset();
      stop_daemon();
    });
    thread.stop();
  }

  void start_daemon() {
    server = std::make_unique<HttpServer>(thread.io);
    server->route_stream("/v1/stream", [this](std::shared_ptr<LineStream> opened) {
      opened->write_line("hello");
      stream = std::move(opened);
    });
    REQUIRE(server->listen_unix(socket));
  }

  void stop_daemon() {
    stream.reset();
    server.reset();
  }

  bool see(const std::function<bool()>& condition) {
    return eventually([&] {
      bool holds = false;
      thread.run([&] { holds = condition(); });
      return holds;
    });
  }

  TemporaryDirectory directory;
  std::string socket = directory.file("lbd.sock");
  std::vector<std::string> lines;
  std::vector<std::string> losses;
  IoThread thread;
  std::unique_ptr<HttpServer> server;
  std::shared_ptr<LineStream> stream;
  std::unique_ptr<LineWatcher> watcher;
};

}  // namespace

TEST_CASE("a watcher finds its daemon whenever it comes, and tells each loss once") {
  WatcherFixture fixture;
  fixture.thread.run([&] { fixture.watcher->start(); });
  CHECK(fixture.see([&] { return fixture.losses.size() == 1; }));
  CHECK(fixture.losses[0] == "lbd is not running: nothing listens on " + fixture.socket);
  for (std::size_t life = 1; life <= 3; ++life) {
    CAPTURE(life);
    fixture.thread.run([&] { fixture.start_daemon(); });
    CHECK(fixture.see([&] { return fixture.lines.size() == 2 * life - 1; }));
    fixture.thread.run([&] { fixture.stream->write_line("more"); });
    CHECK(fixture.see([&] { return fixture.lines.size() == 2 * life; }));
    CHECK(fixture.losses.size() == life);
    fixture.thread.run([&] { fixture.stop_daemon(); });
    CHECK(fixture.see([&] { return fixture.losses.size() == life + 1; }));
    CHECK(fixture.losses[life] == "the daemon ended");
  }
  CHECK(fixture.lines == std::vector<std::string>{"hello", "more", "hello", "more", "hello", "more"});
}

TEST_CASE("a stopped watcher is silent and can start again") {
  WatcherFixture fixture;
  fixture.thread.run([&] {
    fixture.start_daemon();
    fixture.watcher->start();
  });
  CHECK(fixture.see([&] { return fixture.lines.size() == 1; }));
  fixture.thread.run([&] {
    fixture.watcher->stop();
    fixture.stream->write_line("unheard");
  });
  CHECK(fixture.see([&] { return !fixture.stream->open(); }));
  CHECK(fixture.losses.empty());
  fixture.thread.run([&] { fixture.watcher->start(); });
  CHECK(fixture.see([&] { return fixture.lines.size() == 2; }));
  CHECK(fixture.lines[1] == "hello");
}

TEST_CASE("a watcher may be destroyed by its own callbacks") {
  WatcherFixture fixture;
  fixture.thread.run([&] {
    fixture.start_daemon();
    fixture.watcher = std::make_unique<LineWatcher>(
        fixture.thread.io, fixture.socket, "/v1/stream",
        [&](std::string_view) {
          fixture.lines.emplace_back("last");
          fixture.watcher.reset();
        },
        [](std::string_view) {});
    fixture.watcher->start();
  });
  CHECK(fixture.see([&] { return fixture.lines.size() == 1 && !fixture.watcher; }));
  CHECK(fixture.see([&] { return fixture.stream && !fixture.stream->open(); }));
}

TEST_CASE("a path that the daemon does not stream is a loss with the status") {
  WatcherFixture fixture;
  fixture.thread.run([&] {
    fixture.server = std::make_unique<HttpServer>(fixture.thread.io);
    REQUIRE(fixture.server->listen_unix(fixture.socket));
    fixture.watcher->start();
  });
  CHECK(fixture.see([&] { return fixture.losses.size() == 1; }));
  CHECK(fixture.losses[0] == "/v1/stream answered 404");
}
