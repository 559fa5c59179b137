#include <doctest/doctest.h>

#include <vector>

#include "lbd/engine/buffer_pool.hpp"
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
