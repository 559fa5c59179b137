#include "common/io/signals.hpp"

#include <csignal>

#include "tests/support/io_fixture.hpp"

using namespace tandem::io;

TEST_CASE("signals become callbacks, each as often as it comes; SIGPIPE is ignored") {
  boost::asio::io_context io;
  int stops = 0;
  int reloads = 0;
  Signals signals(io, [&] { ++stops; }, [&] { ++reloads; });
  const auto raise_and_see = [&](int signal, int& counter, int expected) {
    std::raise(signal);
    return testing::eventually([&] {
      io.run_for(std::chrono::milliseconds(1));
      return counter == expected;
    });
  };
  CHECK(raise_and_see(SIGHUP, reloads, 1));
  CHECK(raise_and_see(SIGHUP, reloads, 2));
  CHECK(raise_and_see(SIGTERM, stops, 1));
  CHECK(raise_and_see(SIGINT, stops, 2));
  std::raise(SIGPIPE);
  signals.cancel();
  io.restart();
  io.run();  // returns: nothing keeps it busy any more
  CHECK(stops == 2);
  CHECK(reloads == 2);
}
