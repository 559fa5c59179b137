#include "lbd/control/control_sink.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <thread>
#include <vector>

using namespace tandem;
using namespace tandem::lbd;

TEST_CASE("messages of many threads all arrive, each thread's in order") {
  boost::asio::io_context io{1};
  QueueSink sink(io);
  constexpr std::uint32_t threads = 4;
  constexpr std::uint64_t each = 5000;
  std::vector<std::uint64_t> next(threads, 0);
  std::uint64_t arrived = 0;
  bool in_order = true;
  REQUIRE(sink.start([&](const ControlMessage& message) {
    const auto& applied = std::get<SnapshotApplied>(message);
    in_order = in_order && applied.generation == next[applied.worker]++;
    if (++arrived == threads * each) io.stop();
  }));
  std::vector<std::thread> workers;
  for (std::uint32_t w = 0; w < threads; ++w) {
    workers.emplace_back([&sink, w] {
      for (std::uint64_t i = 0; i < each; ++i) sink.post(SnapshotApplied{w, i});
    });
  }
  io.run_for(std::chrono::seconds(10));
  for (auto& worker : workers) worker.join();
  CHECK(arrived == threads * each);
  CHECK(in_order);
  CHECK(sink.dropped() == 0);
}

TEST_CASE("a control thread that is behind loses hints, counted, and no acknowledgement") {
  boost::asio::io_context io{1};
  QueueSink sink(io);
  std::uint64_t hints = 0;
  std::uint64_t acknowledgements = 0;
  REQUIRE(sink.start([&](const ControlMessage& message) {
    ++(std::holds_alternative<BackendFailed>(message) ? hints : acknowledgements);
    if (acknowledgements == 10) io.stop();
  }));
  for (int i = 0; i < 70'000; ++i) sink.post(BackendFailed{BackendId{1}});
  for (std::uint32_t i = 0; i < 10; ++i) sink.post(Drained{i});
  io.run_for(std::chrono::seconds(10));
  CHECK(acknowledgements == 10);
  CHECK(hints + sink.dropped() == 70'000);
  CHECK(sink.dropped() > 0);
}
