#include <doctest/doctest.h>

#include <array>
#include <string>

#include "common/config/suggest.hpp"

using namespace tandem::config;

TEST_CASE("the nearest word is suggested only if it may be meant") {
  constexpr std::array<std::string_view, 5> words{"listeners", "timeouts", "vrid", "name",
                                                  "target_groups"};
  CHECK(nearest("listener", words) == "listeners");
  CHECK(nearest("lsiteners", words) == "listeners");
  CHECK(nearest("Timeouts", words) == "timeouts");
  CHECK(nearest("target-groups", words) == "target_groups");
  CHECK(nearest("nmae", words) == "name");
  CHECK(nearest("vird", words) == "vrid");
  CHECK(nearest("xxxx", words) == "");
  CHECK(nearest("", words) == "");
  CHECK(nearest(std::string(100'000, 'a'), words) == "");
  CHECK(nearest("name", {}) == "");
  CHECK(did_you_mean("name") == "did you mean \"name\"?");
  CHECK(did_you_mean("") == "");
}
