#include "lbd/control/health_checker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/lbd_control/scripted_backend.hpp"

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using test::ScriptedBackend;
using Behaviour = ScriptedBackend::Behaviour;
using Health = Availability::Health;

namespace {

struct Seen {
  Health health;
  std::string reason;
};

struct Fixture {
  boost::asio::io_context io{1};
  std::vector<Seen> seen;
  HealthChecker checker{io, [this](BackendId, Health health, std::string_view reason) {
                          seen.push_back({health, std::string(reason)});
                        }};

  ~Fixture() {
    checker.stop();
    io.run_for(200ms);  // lets probes under way end
  }
  bool run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 10s) {
    const auto give_up = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!condition() && std::chrono::steady_clock::now() < give_up) io.run_one_for(5ms);
    return condition();
  }
  bool reaches(Health health) {
    return run_until([this, health] { return !seen.empty() && seen.back().health == health; });
  }
  static HealthTarget target(const Endpoint& endpoint,
                             config::HealthCheckConfig::Type type = config::HealthCheckConfig::Type::http) {
    HealthTarget result;
    result.id = BackendId{1};
    result.address = endpoint;
    result.check.type = type;
    result.check.interval = 20ms;
    result.check.transition_interval = 10ms;
    result.check.timeout = 60ms;
    result.check.unhealthy_threshold = 2;
    result.check.healthy_threshold = 2;
    return result;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a backend that answers as expected is up") {
  ScriptedBackend backend(test::http_reply(204));
  checker.apply({target(backend.endpoint())});
  REQUIRE(reaches(Health::up));
  CHECK(seen.back().reason == "HTTP 204");
  CHECK(checker.counts(BackendId{1}).passed >= 1);
}

TEST_CASE_FIXTURE(Fixture, "a TCP check needs a connection and nothing else") {
  ScriptedBackend backend("");
  checker.apply({target(backend.endpoint(), config::HealthCheckConfig::Type::tcp)});
  REQUIRE(reaches(Health::up));
  CHECK(seen.back().reason == "connected");
}

TEST_CASE("every way to fail a check, each with its reason") {
  struct Row {
    const char* what;
    std::optional<Behaviour> behaviour;  // nullopt: nobody listens
    std::string reply;
    const char* reason;
  };
  const Row rows[] = {
      {"refuses", std::nullopt, "", "connect: Connection refused"},
      {"never answers", Behaviour::silent, "", "receive: timed out after 60 ms"},
      {"drips", Behaviour::drip, test::http_reply(200), "receive: timed out after 60 ms"},
      {"wrong status", Behaviour::answer, test::http_reply(503), "HTTP 503, expected 200-299"},
      {"speaks something else", Behaviour::answer, "SSH-2.0-x\r\n", "the reply is not HTTP/1: \"SSH-2.0-x..\""},
      {"closes at once", Behaviour::close_early, "", "closed without a reply"},
      {"closes in the head", Behaviour::answer, "HTTP/1.1 200 OK\r\nA:", "closed before the head of the reply ended"},
      {"resets", Behaviour::reset, "", "receive: Connection reset by peer"},
      {"an endless head", Behaviour::answer, "HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'x'),
       "the head of the reply is longer than 16384 bytes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Fixture fixture;
    std::unique_ptr<ScriptedBackend> backend;
    Endpoint endpoint{IpAddress::v4({127, 0, 0, 1}), 0};
    if (row.behaviour) {
      backend = std::make_unique<ScriptedBackend>(row.reply);
      backend->behave(*row.behaviour);
      endpoint = backend->endpoint();
    } else {
      endpoint.port = test::free_port();
    }
    fixture.checker.apply({Fixture::target(endpoint)});
    REQUIRE(fixture.reaches(Health::down));
    CHECK(fixture.seen.back().reason == row.reason);
  }
}

TEST_CASE_FIXTURE(Fixture, "down and up again") {
  ScriptedBackend backend(test::http_reply(200));
  checker.apply({target(backend.endpoint())});
  REQUIRE(reaches(Health::up));
  backend.behave(Behaviour::close_early);
  REQUIRE(reaches(Health::down));
  backend.behave(Behaviour::answer);
  REQUIRE(reaches(Health::up));
}

TEST_CASE_FIXTURE(Fixture, "a hint from traffic does not wait for the interval") {
  ScriptedBackend backend(test::http_reply(200));
  auto slow = target(backend.endpoint());
  slow.check.interval = 1h;
  checker.apply({slow});
  REQUIRE(reaches(Health::up));
  const int before = backend.connections();
  REQUIRE(run_until([&] {
    checker.probe_now(BackendId{1});
    return backend.connections() > before;
  }));
  checker.probe_now(BackendId{99});  // unknown: nothing happens
}

TEST_CASE_FIXTURE(Fixture, "a flood of hints is not a flood of probes") {
  ScriptedBackend backend(test::http_reply(200));
  auto slow = target(backend.endpoint());
  slow.check.interval = 1h;
  checker.apply({slow});
  REQUIRE(reaches(Health::up));
  const int before = backend.connections();
  const auto started = std::chrono::steady_clock::now();
  run_until([&] {
    checker.probe_now(BackendId{1});
    return std::chrono::steady_clock::now() - started > 350ms;
  });
  const int probes = backend.connections() - before;
  CHECK(probes >= 1);
  CHECK(probes <= 5);
}

TEST_CASE_FIXTURE(Fixture, "a reload keeps the verdict and takes the new check") {
  ScriptedBackend backend(test::http_reply(204));
  checker.apply({target(backend.endpoint())});
  REQUIRE(reaches(Health::up));
  auto stricter = target(backend.endpoint());
  stricter.check.expect_status = {{200, 200}};
  checker.apply({stricter});
  REQUIRE(reaches(Health::down));
  CHECK(seen.back().reason == "HTTP 204, expected 200");
  for (const Seen& verdict : seen) CHECK(verdict.health != Health::unknown);
}

TEST_CASE_FIXTURE(Fixture, "a removed backend is probed no more") {
  ScriptedBackend backend(test::http_reply(200));
  checker.apply({target(backend.endpoint())});
  REQUIRE(reaches(Health::up));
  checker.apply({});
  run_until([] { return false; }, 100ms);
  const int after = backend.connections();
  const std::size_t verdicts = seen.size();
  run_until([] { return false; }, 150ms);
  CHECK(backend.connections() == after);
  CHECK(seen.size() == verdicts);
}
