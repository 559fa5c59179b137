#include <doctest/doctest.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lbd/engine/loop.hpp"
#include "lbd/engine/mailbox.hpp"
#include "tests/support/engine.hpp"

using namespace tandem;
using namespace tandem::lbd;

namespace {

struct EventFd final : EventSource {
  EventFd(Loop& owner, std::function<void()> on_event)
      : loop(owner), action(std::move(on_event)), fd(::eventfd(1, EFD_NONBLOCK)) {
    REQUIRE(loop.add(*this, fd, EPOLLIN | EPOLLET));
  }
  ~EventFd() {
    loop.forget(*this);
    ::close(fd);
  }
  EventFd(const EventFd&) = delete;
  void on_events(std::uint32_t) override { action(); }
  Loop& loop;
  std::function<void()> action;
  int fd;
};

struct Job final : Deferred {
  std::function<void()> action;
  void on_deferred() override { action(); }
};

}  // namespace

TEST_CASE("a handler may destroy every other source of the same batch, and itself") {
  test::TestLoop loop;
  std::vector<std::unique_ptr<EventFd>> sources;
  int events = 0;
  for (int i = 0; i < 20; ++i) {
    sources.push_back(std::make_unique<EventFd>(loop, [&] {
      ++events;
      sources.clear();
    }));
  }
  loop.turn(Duration(0));
  CHECK(events == 1);
  loop.turn(Duration(0));
  CHECK(events == 1);
}

TEST_CASE("deferred work runs after the events, and what it defers runs in the next turn") {
  test::TestLoop loop;
  std::string order;
  Job job;
  job.action = [&] {
    order += 'd';
    if (order.size() < 4) loop.defer(job);
  };
  EventFd source(loop, [&] {
    order += 'e';
    loop.defer(job);
    loop.defer(job);  // linked already: once is enough
  });
  loop.turn(Duration(0));
  CHECK(order == "ed");
  loop.turn(Duration::max());  // must not sleep: there is work
  CHECK(order == "edd");
}

TEST_CASE("the mailbox delivers everything from many threads, in each thread's order") {
  test::TestLoop loop;
  constexpr int threads = 4;
  constexpr int messages = 5000;
  std::vector<int> last(threads, -1);
  int received = 0;
  Mailbox<std::pair<int, int>> mailbox(loop, [&](std::pair<int, int> message) {
    CHECK(message.second == last[static_cast<std::size_t>(message.first)] + 1);
    last[static_cast<std::size_t>(message.first)] = message.second;
    if (++received == threads * messages) loop.stop();
  });
  std::vector<std::thread> senders;
  for (int id = 0; id < threads; ++id) {
    senders.emplace_back([&mailbox, id] {
      for (int i = 0; i < messages; ++i) mailbox.post({id, i});
    });
  }
  loop.run();
  for (auto& sender : senders) sender.join();
  CHECK(received == threads * messages);
}
