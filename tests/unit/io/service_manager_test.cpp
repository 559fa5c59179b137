#include "common/io/service_manager.hpp"

#include <optional>

#include "common/io/daemon.hpp"
#include "common/io/watchdog.hpp"
#include "tests/unit/io/manager_stand_in.hpp"

using namespace tandem;
using namespace tandem::io;
using tandem::io::testing::ManagerStandIn;

TEST_CASE("the service manager is told, if there is one") {
  notify_manager("READY=1");  // nobody to tell: no effect
  ManagerStandIn manager;
  notify_manager("READY=1");
  CHECK(manager.heard() == "READY=1");
  notify_manager("RELOADING=1");
  CHECK(manager.heard().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
}

TEST_CASE("a daemon that is not needed is a success for a manager, a mistake for who starts it by hand") {
  CHECK(leave_idle("syncd", "there is no cluster") == exit_usage);
  ManagerStandIn manager;
  CHECK(leave_idle("syncd", "there is no cluster") == exit_ok);
  CHECK(manager.heard() == "READY=1\nSTATUS=nothing to do: there is no cluster");
}

TEST_CASE("the watchdog's patience is read strictly") {
  CHECK_FALSE(watchdog_timeout());
  struct Row {
    const char* text;
    std::optional<Duration> timeout;
  };
  const Row rows[] = {{"2000000", std::chrono::seconds(2)}, {"1", std::chrono::microseconds(1)}, {"", std::nullopt},
                      {"0", std::nullopt},  {"-5", std::nullopt}, {"2s", std::nullopt}, {"99999999999999999999", std::nullopt}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    ::setenv("WATCHDOG_USEC", row.text, 1);
    CHECK(watchdog_timeout() == row.timeout);
  }
  ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("signs of life come in time, and only for the living") {
  ManagerStandIn manager;
  boost::asio::io_context io;
  bool alive = true;
  Watchdog watchdog(io, [&alive] { return alive; });

  SUBCASE("nobody asks") {
    watchdog.start();
    io.poll();
    CHECK(manager.heard().empty());
  }
  SUBCASE("at once, and again within a quarter of the time") {
    ::setenv("WATCHDOG_USEC", "20000", 1);
    watchdog.start();
    CHECK(manager.heard() == "WATCHDOG=1");
    for (int i = 0; i < 3; ++i) {
      io.run_one_for(std::chrono::milliseconds(500));
      CHECK(manager.heard() == "WATCHDOG=1");
    }
  }
  SUBCASE("silence while a thread hangs, life once it goes on") {
    ::setenv("WATCHDOG_USEC", "20000", 1);
    alive = false;
    watchdog.start();
    for (int i = 0; i < 3; ++i) io.run_one_for(std::chrono::milliseconds(500));
    CHECK(manager.heard().empty());
    alive = true;
    io.run_one_for(std::chrono::milliseconds(500));
    CHECK(manager.heard() == "WATCHDOG=1");
  }
}
