#include "common/io/event_log.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/io/clock.hpp"
#include "common/io/http_client.hpp"
#include "common/log/log.hpp"
#include "tests/support/io_fixture.hpp"

using namespace tandem;
using namespace tandem::io;
using Json = nlohmann::json;
using tandem::io::testing::ServerFixture;

namespace {

struct EventFixture : ServerFixture {
  EventFixture() {
    tandem::log::init("test", tandem::log::Level::error);
    events->serve(server);
    listen();
  }
  // Its streams belong to the thread that still serves them.
  ~EventFixture() { thread.run([this] { events.reset(); }); }
  std::vector<Json> stored() {
    return Json::parse(http_call(socket, "GET", "/v1/events")->body).at("events").get<std::vector<Json>>();
  }
  std::optional<EventLog> events{std::in_place, "lb1", "vrrpd"};
};

}  // namespace

TEST_CASE("an event has the documented fields, and details that cannot replace them") {
  EventFixture fixture;
  const auto before = now();
  fixture.thread.run([&] {
    fixture.events->add("active", "vip-a", "three adverts missed", {{"priority", "150"}, {"node", "forged"}});
  });
  const auto events = fixture.stored();
  REQUIRE(events.size() == 1);
  CHECK(events[0]["node"] == "lb1");
  CHECK(events[0]["daemon"] == "vrrpd");
  CHECK(events[0]["event"] == "active");
  CHECK(events[0]["subject"] == "vip-a");
  CHECK(events[0]["cause"] == "three adverts missed");
  CHECK(events[0]["priority"] == "150");
  CHECK(events[0]["time_ns"].get<std::int64_t>() >= before.time_since_epoch().count());
  CHECK(events[0]["time_ns"].get<std::int64_t>() <= now().time_since_epoch().count());
}

TEST_CASE("the last 256 events are kept, and bytes that are not UTF-8 do no harm") {
  EventFixture fixture;
  fixture.thread.run([&] {
    for (int i = 0; i < 300; ++i) fixture.events->add("tick", std::to_string(i), "\xff\xfe");
  });
  const auto events = fixture.stored();
  REQUIRE(events.size() == 256);
  CHECK(events.front()["subject"] == "44");
  CHECK(events.back()["subject"] == "299");
}

TEST_CASE("a stream begins with the kept events and goes on with the new ones") {
  EventFixture fixture;
  fixture.thread.run([&] { fixture.events->add("start", "vrrpd", "started"); });
  std::vector<std::string> seen;
  CHECK(http_follow(fixture.socket, "/v1/events/stream", [&](std::string_view line) {
    seen.push_back(Json::parse(line)["event"]);
    if (seen.size() == 1) fixture.thread.run([&] { fixture.events->add("stop", "vrrpd", "told to"); });
    return seen.size() < 2;
  }));
  CHECK(seen == std::vector<std::string>{"start", "stop"});
}
