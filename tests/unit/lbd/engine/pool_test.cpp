#include <doctest/doctest.h>

#include <unistd.h>

#include <vector>

#include "lbd/engine/buffer_pool.hpp"
#include "lbd/engine/pipe_pool.hpp"
#include "lbd/runtime/ring.hpp"

using namespace tandem;
using namespace tandem::lbd;

TEST_CASE("buffers come back in LIFO order, are bounded and counted") {
  metrics::Counter in_use;
  BufferPool pool(16 * 1024, 3, 2, in_use);
  Buffer a = pool.take();
  Buffer b = pool.take();
  Buffer c = pool.take();
  CHECK(a.size() == 16 * 1024);
  CHECK(in_use.get() == 3);
  CHECK_FALSE(pool.take());
  std::byte* const warm = b.data();
  b.release();
  CHECK(in_use.get() == 2);
  Buffer again = pool.take();
  CHECK(again.data() == warm);
  Buffer moved = std::move(again);
  CHECK_FALSE(again);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  CHECK(moved.data() == warm);
  moved = std::move(a);
  CHECK(in_use.get() == 2);
}

TEST_CASE("pipes are bounded, counted and used again, but not with somebody's bytes in them") {
  metrics::Counter in_use;
  metrics::Counter moved;
  PipePool pool(2, 2, in_use, moved);
  Pipe a = pool.take();
  Pipe b = pool.take();
  REQUIRE(a);
  CHECK_FALSE(pool.take());
  CHECK(in_use.get() == 2);
  const int warm = a.write_end();
  a.release();
  Pipe again = pool.take();
  CHECK(again.write_end() == warm);
  REQUIRE(::write(again.write_end(), "abc", 3) == 3);
  again.put(3);
  CHECK(again.held() == 3);
  CHECK(moved.get() == 3);
  again.release();
  CHECK(in_use.get() == 1);
  CHECK_FALSE(pool.close_spare());  // it was closed, not kept
  b.release();
  CHECK(pool.close_spare());
}

TEST_CASE("the ring hands over in order and refuses when it is full") {
  Ring<int> ring(4);
  for (int i = 0; i < 4; ++i) CHECK(ring.push(i));
  CHECK_FALSE(ring.push(4));
  std::vector<int> out(3);
  CHECK(ring.pop(out) == 3);
  CHECK(out == std::vector<int>{0, 1, 2});
  CHECK(ring.push(5));
  CHECK(ring.pop(out) == 2);
  CHECK(out[0] == 3);
  CHECK(out[1] == 5);
  CHECK(ring.pop(out) == 0);
}
