// How vrrpd sees the death of lbd: by the end of its stream, and before that by the end of its lifeline.
#include "vrrpd/io/lbd_watch.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/io/http_server.hpp"
#include "tests/support/io_fixture.hpp"

namespace tandem::vrrp {
namespace {

using io::testing::eventually;
using io::testing::IoThread;
using io::testing::TemporaryDirectory;

const std::string ready_line = R"({"ready":true,"reason":""})";

// An lbd whose stream stays open when its lifeline has ended, as that of one with thousands of connections does.
class StandIn {
 public:
  StandIn(IoThread& thread, const TemporaryDirectory& directory, bool with_lifeline) : thread_(thread) {
    if (with_lifeline) {
      std::promise<void> held;
      holder_ = std::thread([this, &directory, &held] {
        auto line = io::Lifeline::in_file(directory.file("lbd.lifeline"));
        if (!line || !line->hold()) std::abort();
        held.set_value();
        death_.get_future().wait();
      });
      held.get_future().wait();
    }
    thread_.run([&] {
      server_ = std::make_unique<io::HttpServer>(thread_.io);
      server_->route_stream("/v1/readiness/stream", [this](std::shared_ptr<io::LineStream> opened) {
        opened->write_line(ready_line);
        stream_ = std::move(opened);
      });
      REQUIRE(server_->listen_unix(directory.file("lbd.sock")));
    });
  }
  ~StandIn() {
    end_lifeline();
    thread_.run([this] {
      stream_.reset();
      server_.reset();
    });
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  void end_lifeline() {
    if (!holder_.joinable()) return;
    death_.set_value();
    holder_.join();
  }
  void say(const std::string& line) {
    thread_.run([&] { stream_->write_line(line); });
  }

 private:
  IoThread& thread_;
  std::unique_ptr<io::HttpServer> server_;
  std::shared_ptr<io::LineStream> stream_;
  std::promise<void> death_;
  std::thread holder_;
};

struct Fixture {
  Fixture() {
    thread.run([this] {
      watch = std::make_unique<LbdWatch>(thread.io, directory.path(), [this] { seen.push_back(watch->status()); });
      watch->start();
    });
  }
  ~Fixture() {
    thread.run([this] { watch.reset(); });
    thread.stop();
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  /// Waits until the last status is so; false if it does not become so.
  bool becomes(bool ready, const std::string& reason) {
    return eventually([&] {
      bool holds = false;
      thread.run([&] { holds = !seen.empty() && seen.back().ready == ready && seen.back().reason == reason; });
      return holds;
    });
  }
  std::size_t changes() {
    std::size_t count = 0;
    thread.run([&] { count = seen.size(); });
    return count;
  }

  TemporaryDirectory directory;
  std::vector<LbdStatus> seen;
  IoThread thread;
  std::unique_ptr<LbdWatch> watch;
};

TEST_CASE("lbd's death is the end of its lifeline; what it had said before and the end of its stream are no news") {
  Fixture fixture;
  for (int life = 0; life < 3; ++life) {
    CAPTURE(life);
    StandIn lbd(fixture.thread, fixture.directory, true);
    REQUIRE(fixture.becomes(true, ""));
    lbd.end_lifeline();
    REQUIRE(fixture.becomes(false, "lbd ended"));
    const std::size_t changes = fixture.changes();
    lbd.say(ready_line);
    lbd.say(R"({"ready":false,"reason":"draining"})");
    for (int turn = 0; turn < 50; ++turn) fixture.thread.run([] {});  // it would be read by now
    CHECK(fixture.changes() == changes);
  }
  CHECK(fixture.becomes(false, "lbd ended"));
}

TEST_CASE("of an lbd without a lifeline the stream's end is its death") {
  Fixture fixture;
  {
    const StandIn lbd(fixture.thread, fixture.directory, false);
    REQUIRE(fixture.becomes(true, ""));
  }
  CHECK(fixture.becomes(false, "lbd ended"));
}

}  // namespace
}  // namespace tandem::vrrp
