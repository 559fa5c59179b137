#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <random>

#include "common/io/clock.hpp"
#include "tests/integration/syncd/pair_fixture.hpp"

using namespace tandem;
using namespace tandem::sync::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

double ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

/// Both nodes with a client each, connected and in sync.
struct RunningPair : Pair {
  RunningPair() {
    for (std::size_t node = 0; node < 2; ++node) {
      start_syncd(node);
      start_client(node);
    }
    REQUIRE(wait_in_sync());
    REQUIRE(run_until([this] { return client(0).feed->caught_up() && client(1).feed->caught_up(); }));
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(RunningPair, "what one node puts or erases, the other has; never told to the writer") {
  client(0).feed->put("sticky", "a", "1");
  client(1).feed->put("sticky", "b", "2", seconds(60));
  REQUIRE(run_until([this] { return client(1).view["a"] == "1" && client(0).view["b"] == "2"; }));
  client(1).feed->put("sticky", "a", "3");
  client(0).feed->erase("sticky", "b");
  REQUIRE(run_until([this] { return client(0).view["a"] == "3" && client(1).announcements == 2; }));
  CHECK(client(0).announcements == 2);  // b and the new a
  REQUIRE(run_until([this] { return client(0).feed->unconfirmed() + client(1).feed->unconfirmed() == 0; }));
  CHECK(client(1).announcements == 2);  // a and the end of b
  CHECK(client(0).feed->entries() == 1);
  CHECK(client(1).feed->entries() == 1);
  CHECK(status_has(0, R"("tables":[{"name":"sticky","entries":1,"tombstones":1,"refused_total":0}])"));
  CHECK(status_has(1, R"("clients":["client-lb2"])"));
}

TEST_CASE_FIXTURE(RunningPair, "an entry ends on both nodes when its time is up") {
  client(0).feed->put("sticky", "short", "1", milliseconds(300));
  REQUIRE(run_until([this] { return client(1).feed->entries() == 1; }));
  REQUIRE(run_until([this] { return client(0).feed->entries() == 0 && client(1).feed->entries() == 0; }));
  REQUIRE(run_until([this] { return status_has(1, R"("entries":0,"tombstones":0)"); }));
}

TEST_CASE_FIXTURE(RunningPair, "latency from a put to the other node's client") {
  std::vector<Duration> latencies;
  TimePoint sent;
  bool arrived = false;
  client(1).on_entry = [&](const wire::Entry&) {
    latencies.push_back(io::now() - sent);
    arrived = true;
  };
  for (int i = 0; i < 2000; ++i) {
    arrived = false;
    sent = io::now();
    client(0).feed->put("sticky", "203.0.113." + std::to_string(i % 256), std::to_string(i), seconds(3600));
    REQUIRE(run_until([&] { return arrived; }));
  }
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double q) { return ms(latencies[static_cast<std::size_t>(q * static_cast<double>(latencies.size() - 1))]); };
  MESSAGE("put to on_entry across two syncds over TLS, 2000 one at a time: p50 " << at(0.5) << " ms, p99 " << at(0.99)
                                                                                << " ms, max " << at(1) << " ms");
  CHECK(at(0.5) < 20);
}

TEST_CASE_FIXTURE(RunningPair, "throughput of a burst") {
  constexpr std::size_t count = 20'000;
  const TimePoint begin = io::now();
  for (std::size_t i = 0; i < count; ++i) client(0).feed->put("sticky", "k" + std::to_string(i), "backend-1", seconds(3600));
  REQUIRE(run_until([this] { return client(1).view.size() == count; }, seconds(60)));
  const double time = ms(io::now() - begin);
  MESSAGE(count << " puts at once: at the other node's client after " << time << " ms");
  REQUIRE(run_until([this] { return status_has(0, R"("lag":{"entries":0,)"); }));
}

TEST_CASE("a node that comes late is given everything") {
  Pair pair;
  constexpr std::size_t count = 50'000;
  pair.start_syncd(0);
  pair.start_client(0);
  REQUIRE(pair.run_until([&] { return pair.client(0).feed->caught_up(); }));
  for (std::size_t i = 0; i < count; ++i) pair.client(0).feed->put("sticky", "k" + std::to_string(i), "backend-1", seconds(3600));
  REQUIRE(pair.run_until([&] { return pair.client(0).feed->unconfirmed() == 0; }, seconds(60)));
  CHECK(pair.status_has(0, R"("lag":{"entries":50000,)"));
  pair.start_syncd(1);
  pair.start_client(1);
  const TimePoint begin = io::now();
  REQUIRE(pair.run_until([&] { return pair.client(1).feed->entries() == count; }, seconds(60)));
  const double time = ms(io::now() - begin);
  REQUIRE(pair.wait_in_sync());
  MESSAGE("full resync of " << count << " entries, from the start of syncd to the last one at its client: " << time << " ms");
  CHECK(pair.status_has(0, R"("lag":{"entries":0,)"));
}

TEST_CASE_FIXTURE(RunningPair, "kill -9 of each syncd and restart of each client in turn, 20 times under writes: nothing lost") {
  std::map<std::string, std::string> expected;
  std::size_t written = 0;
  const auto write_some = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++written) {
      const std::size_t node = written % 2;
      const std::string key = std::to_string(node) + "/" + std::to_string(written % 3001);
      expected[key] = std::to_string(written);
      client(node).feed->put("sticky", key, expected[key], seconds(3600));
      if (i % 10 == 0) run_for(milliseconds(1));
    }
  };
  std::mt19937 random(7);
  for (std::size_t round = 0; round < 20; ++round) {
    CAPTURE(round);
    write_some(100);
    const std::size_t node = round / 2 % 2;
    if (round % 2 == 0) {
      end_syncd(node, SIGKILL);
      write_some(random() % 100);
      start_syncd(node);
    } else {
      // What only the client knew would be gone with it, rightly: wait until syncd has it.
      REQUIRE(run_until([&] { return client(node).feed->unconfirmed() == 0; }));
      end_client(node);
      start_client(node);
    }
    write_some(100);
    REQUIRE(run_until([&] { return client(0).feed->caught_up() && client(1).feed->caught_up(); }));
  }
  const auto all_there = [&] {
    return client(0).feed->unconfirmed() == 0 && client(1).feed->unconfirmed() == 0 &&
           client(0).feed->entries() == expected.size() && client(1).feed->entries() == expected.size();
  };
  REQUIRE(run_until(all_there));
  REQUIRE(wait_in_sync());
  // Fresh clients are told the whole truth.
  for (std::size_t node = 0; node < 2; ++node) {
    end_client(node);
    start_client(node);
  }
  REQUIRE(run_until([&] { return client(0).view.size() == expected.size() && client(1).view.size() == expected.size(); }));
  CHECK(client(0).view == expected);
  CHECK(client(1).view == expected);
  MESSAGE(written << " puts of " << expected.size() << " keys over 10 kills of syncd and 10 restarts of clients: all there");
}

TEST_CASE_FIXTURE(RunningPair, "both syncds killed at once: the clients bring everything back") {
  for (int i = 0; i < 500; ++i) client(i % 2 == 0 ? 0 : 1).feed->put("sticky", std::to_string(i), "x", seconds(3600));
  REQUIRE(run_until([this] { return client(0).feed->entries() == 500 && client(1).feed->entries() == 500; }));
  end_syncd(0, SIGKILL);
  end_syncd(1, SIGKILL);
  end_client(1);
  start_syncd(0);
  start_syncd(1);
  start_client(1);
  REQUIRE(run_until([this] { return client(1).view.size() == 500; }));
}

TEST_CASE("a different cluster key is refused, said clearly, and mended by a reload") {
  Pair pair;
  pair.write_config(1, other_key);
  pair.start_syncd(0);
  pair.start_syncd(1);
  REQUIRE(pair.run_until([&] { return contains(pair.log_of(0), "the peer's cluster key differs") &&
                                      contains(pair.log_of(1), "the peer's cluster key differs"); }));
  CHECK_FALSE(pair.status_has(0, R"("wrong_key_total":0)"));
  CHECK_FALSE(pair.status_has(1, R"("wrong_key_total":0)"));
  CHECK(pair.status_has(0, R"("connected":false)"));
  REQUIRE(pair.run_until([&] { return pair.status_has(0, "has not been heard; no longer waiting"); }));
  pair.write_config(1, good_key);
  pair.signal_syncd(1, SIGHUP);
  CHECK(pair.wait_in_sync());
}

TEST_CASE_FIXTURE(RunningPair, "whoever is not the peer is hung up on") {
  // From the node itself: any other address than the peer's will do.
  REQUIRE(shell("bash -c 'exec 3<>/dev/tcp/198.51.100.2/5405; read -t 5 -u 3 line; test $? -eq 1'"));
  CHECK(contains(log_of(1), "a connection from 198.51.100.2 is closed: the peer's address is 198.51.100.1"));
  CHECK(status_has(0, R"("connected":true)"));
}

TEST_CASE_FIXTURE(RunningPair, "a bad reload keeps what runs") {
  REQUIRE(shell("echo '{' > " + run_dir(0) + ".json"));
  signal_syncd(0, SIGHUP);
  REQUIRE(run_until([this] { return contains(log_of(0), "reload refused"); }));
  CHECK(status_has(0, R"("connected":true)"));
}

TEST_CASE_FIXTURE(RunningPair, "SIGTERM hands over what the peer does not have, and leaves with 0") {
  for (int i = 0; i < 5000; ++i) client(0).feed->put("sticky", std::to_string(i), "x", seconds(3600));
  REQUIRE(run_until([this] { return client(0).feed->unconfirmed() == 0; }));
  const int status = end_syncd(0, SIGTERM);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  REQUIRE(run_until([this] { return client(1).view.size() == 5000; }));
  CHECK_FALSE(contains(log_of(0), "left with"));
}

TEST_CASE_FIXTURE(RunningPair, "without the sync link it goes over the LAN, and returns") {
  const auto over_sync = [this] { return status_has(0, R"("path":"sync")"); };
  REQUIRE(run_until(over_sync));
  REQUIRE(shell("ip addr del 198.51.100.2/32 dev lo"));
  TimePoint begin = io::now();
  const bool fell_back = run_until([this] { return status_has(0, R"("path":"lan")"); });
  const double gap = ms(io::now() - begin);
  client(0).feed->put("sticky", "a", "1");
  const bool arrived = run_until([this] { return client(1).view["a"] == "1"; });
  const bool restored = shell("ip addr add 198.51.100.2/32 dev lo");
  CHECK(fell_back);
  CHECK(arrived);
  REQUIRE(restored);
  begin = io::now();
  CHECK(run_until(over_sync));
  MESSAGE("sync link gone: over the LAN after " << gap << " ms; back on the sync link after " << ms(io::now() - begin) << " ms");
  client(1).feed->put("sticky", "a", "2");
  CHECK(run_until([this] { return client(0).view["a"] == "2"; }));
}

TEST_CASE_FIXTURE(RunningPair, "a frozen peer is given up within a second, and taken back") {
  signal_syncd(1, SIGSTOP);
  const TimePoint begin = io::now();
  REQUIRE(run_until([this] { return status_has(0, R"("connected":false)"); }));
  const Duration detected = io::now() - begin;
  MESSAGE("frozen peer given up after " << ms(detected) << " ms");
  CHECK(detected < seconds(1));
  client(0).feed->put("sticky", "a", "1");
  run_for(milliseconds(20));
  signal_syncd(1, SIGCONT);
  CHECK(run_until([this] { return client(1).view["a"] == "1"; }));
  CHECK(wait_in_sync());
}
