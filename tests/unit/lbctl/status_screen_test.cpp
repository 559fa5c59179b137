#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "lbctl/render/render.hpp"
#include "tests/unit/lbctl/samples.hpp"

using namespace tandem;
using namespace tandem::ctl;
using Json = nlohmann::ordered_json;

namespace {

const TimePoint now{std::chrono::seconds(64)};

Json healthy() {
  Json status = {{"node", "lb1"},
                 {"lbd", Json::parse(ctl::testing::lbd_status)},
                 {"vrrpd", Json::parse(ctl::testing::vrrpd_status)},
                 {"syncd", Json::parse(ctl::testing::syncd_status)}};
  status["virtual_addresses"] = status["vrrpd"]["virtual_addresses"];
  status["problems"] = Json::array();
  return status;
}

}  // namespace

TEST_CASE("the status of a healthy node is one screen") {
  CHECK(render_status(healthy(), true, now, false) ==
        "node lb1\n"
        "\n"
        "DAEMON  STATE    PID  FOR   VERSION\n"
        "lbd     running  101  1m3s  0.1.0    ready, 17 client connections, 2 workers (epoll), configuration 3\n"
        "vrrpd   running  102  1m3s  0.1.0\n"
        "syncd   running  103  1m3s  0.1.0\n"
        "\n"
        "VIRTUAL ADDRESS  ADDRESSES       HERE    OWNER  FOR   CAUSE\n"
        "vip-a            192.0.2.100/24  active  lb1    1m0s  three adverts missed\n"
        "vip-b            192.0.2.101/24  backup  lb2    1m0s  adverts of a higher priority\n"
        "\n"
        "sync: in sync (digests agree); peer lb2 connected at 198.51.100.2 for 1m2s; lag 0 entries, oldest 0 ms\n"
        "\n"
        "BACKEND  ADDRESS          HEALTH  FOR  ADMIN    WEIGHT  ACTIVE  REQUESTS  ERRORS  REASON\n"
        "shop/s1  192.0.2.21:8080  up      59s  enabled       1       4       500       0  200 in 2 ms\n"
        "shop/s2  192.0.2.22:8080  up      59s  drain         2      13       400       1  200 in 3 ms\n"
        "\n"
        "no problems\n");
}

TEST_CASE("what does not run is missed in a pair, and not used without one") {
  Json status = healthy();
  status["vrrpd"] = nullptr;
  status["syncd"] = nullptr;
  status["virtual_addresses"] = Json::array();
  const std::string pair = render_status(status, true, now, false);
  CHECK(pair.find("vrrpd   not running") != std::string::npos);
  CHECK(pair.find("VIRTUAL ADDRESS") == std::string::npos);
  const std::string alone = render_status(status, false, now, false);
  CHECK(alone.find("vrrpd   not used") != std::string::npos);
  status["lbd"] = nullptr;
  status["problems"] = {"lbd is not running"};
  const std::string dead = render_status(status, false, now, false);
  CHECK(dead.find("lbd     not running") != std::string::npos);
  CHECK(dead.find("problems:\n  lbd is not running\n") != std::string::npos);
}

TEST_CASE("colour only if asked for") {
  CHECK(render_status(healthy(), true, now, false).find('\x1b') == std::string::npos);
  CHECK(render_status(healthy(), true, now, true).find("\x1b[32mup\x1b[0m") != std::string::npos);
}

TEST_CASE("whatever a daemon sends, there is a screen") {
  // Every member in turn replaced by something of another type, two levels deep.
  for (const Json& wrong : {Json(), Json("\x1b[2J"), Json(-1), Json::array({1}), Json{{"x", Json::array()}}}) {
    for (const char* daemon : {"lbd", "vrrpd", "syncd"}) {
      const Json original = healthy()[daemon];
      for (const auto& item : original.items()) {
        Json status = healthy();
        status[daemon][item.key()] = wrong;
        status["virtual_addresses"] = wrong;
        CHECK(render_status(status, true, now, false).find('\x1b') == std::string::npos);
        CHECK_FALSE(render_vrrp(status[daemon], now, false).empty());
        CHECK_FALSE(render_sync(status[daemon], now, false).empty());
      }
    }
  }
}
