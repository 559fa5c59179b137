#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "lbd/engine/frame_pool.hpp"
#include "lbd/engine/sanitized.hpp"
#include "lbd/engine/task.hpp"
#include "lbd/engine/waiter.hpp"
#include "tests/support/engine.hpp"

using namespace tandem;
using namespace tandem::lbd;

namespace {

struct Probe {
  int* destroyed;
  explicit Probe(int* counter) : destroyed(counter) {}
  Probe(Probe&& other) noexcept : destroyed(std::exchange(other.destroyed, nullptr)) {}
  Probe(const Probe&) = delete;
  ~Probe() { if (destroyed != nullptr) ++*destroyed; }
};

Task<int> add(int a, int b) { co_return a + b; }

Task<int> sum_of(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    const int next = co_await add(sum, 1);
    sum = next;
  }
  co_return sum;
}

Task<> wait_turns(Waiter* waiter, int turns) {
  for (int i = 0; i < turns; ++i) co_await next_turn(*waiter);
}

Session run_sum(int n, int* out) {
  const int sum = co_await sum_of(n);
  *out = sum;
}

Session run_waits(Waiter* waiter, int turns, int* done, Probe probe) {
  (void)probe;
  co_await wait_turns(waiter, turns);
  *done += 1;
}

Session run_sleep(Waiter* waiter, Duration length, Wake* woken, int* done) {
  const Wake why = co_await sleep_until(*waiter, waiter->loop().now() + length);
  *woken = why;
  *done += 1;
}

}  // namespace

TEST_CASE("a task runs when awaited and hands its value over") {
  int sum = 0;
  run_sum(1000, &sum);
  CHECK(sum == 1000);
}

TEST_CASE("a long chain of tasks that never wait does not grow the stack") {
  // Sanitizers keep the compiler from making tail calls.
  constexpr int length = TANDEM_SANITIZED ? 1000 : 200'000;
  int sum = 0;
  run_sum(length, &sum);
  CHECK(sum == length);
}

TEST_CASE("a task that is never awaited never runs and frees its frame") {
  { const Task<int> unused = add(1, 2); }
  CHECK(true);
}

TEST_CASE("a session frees its frame and parameters at its end, over several turns") {
  test::TestLoop loop;
  Waiter waiter(loop);
  int done = 0;
  int destroyed = 0;
  run_waits(&waiter, 3, &done, Probe(&destroyed));
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(done == 0);
    CHECK(destroyed == 0);
    loop.turn(Duration(0));
  }
  CHECK(done == 1);
  CHECK(destroyed == 1);
}

TEST_CASE("a sleep ends by its deadline, by interrupt or by cancel, once") {
  test::TestLoop loop;
  Waiter waiter(loop);
  Wake woken = Wake::ready;
  int done = 0;
  run_sleep(&waiter, std::chrono::milliseconds(10), &woken, &done);
  const TimePoint started = loop.now();
  while (done == 0) loop.turn(Duration::max());
  CHECK(woken == Wake::timeout);
  CHECK(loop.now() - started >= std::chrono::milliseconds(10));

  run_sleep(&waiter, std::chrono::hours(1), &woken, &done);
  waiter.interrupt();
  CHECK(done == 2);
  CHECK(woken == Wake::interrupted);
  waiter.interrupt();  // nobody waits: nothing happens

  run_sleep(&waiter, std::chrono::hours(1), &woken, &done);
  waiter.cancel();
  CHECK(done == 3);
  CHECK(woken == Wake::cancelled);
  run_sleep(&waiter, std::chrono::hours(1), &woken, &done);
  CHECK(done == 4);
  CHECK(woken == Wake::cancelled);
}

TEST_CASE("blocks of every size class are distinct, aligned and writable") {
  std::vector<std::pair<char*, std::size_t>> blocks;
  for (std::size_t size = 1; size <= frame_pool_max_block + 100; size += 61) {
    for (int copy = 0; copy < 3; ++copy) {
      auto* block = static_cast<char*>(frame_allocate(size));
      CHECK(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
      std::memset(block, static_cast<int>(blocks.size() % 251), size);
      blocks.emplace_back(block, size);
    }
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    const auto expected = static_cast<char>(i % 251);
    CHECK(std::count(block, block + size, expected) == static_cast<std::ptrdiff_t>(size));
    frame_free(block, size);
  }
  frame_pool_release();
}
