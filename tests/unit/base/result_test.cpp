#include <doctest/doctest.h>

#include <cerrno>

#include "common/base/result.hpp"

using namespace tandem;

TEST_CASE("a result holds a value or an error") {
  const Result<int> good = 7;
  CHECK(good);
  CHECK(*good == 7);
  const Result<int> bad = Error{"no"};
  CHECK_FALSE(bad);
  CHECK(bad.error().message == "no");
  CHECK(Result<>{});
  CHECK(errno_error("open x", ENOENT).message == "open x: No such file or directory");
}
