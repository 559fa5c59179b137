#include "lbd/control/override_codec.hpp"
#include "lbd/control/overrides.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using test::at;

TEST_CASE("override keys") {
  CHECK(override_key("shop", "s1") == "shop/s1");
  const auto name = parse_override_key("shop/s1");
  REQUIRE(name);
  CHECK(name->first == "shop");
  CHECK(name->second == "s1");
  for (const char* bad : {"", "/", "shop", "shop/", "/s1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_override_key(bad));
  }
}

TEST_CASE("override values come back as they went") {
  for (const Override& value : {Override{}, Override{true, std::nullopt}, Override{false, 0}, Override{true, 1000}}) {
    const auto decoded = decode_override(encode_override(value));
    REQUIRE(decoded);
    CHECK(*decoded == value);
  }
}

TEST_CASE("override values that are not understood, and ones of a newer version") {
  for (const char* bad : {"", "{", "[]", "5", "null", R"({"admin":"off"})", R"({"admin":7})", R"({"weight":-1})",
                          R"({"weight":1001})", R"({"weight":"5"})", R"({"weight":1.5})", "\xff\xfe"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_override(bad));
  }
  const auto newer = decode_override(R"({"admin":"drain","since":"yesterday"})");
  REQUIRE(newer);
  CHECK(newer->drain);
}

namespace {

struct Pair {
  IdRegistry ids;
  BackendBoard board;
  std::map<std::string, std::string> table;
  std::vector<std::pair<BackendId, Availability>> told;
  std::vector<std::string> events;
  Overrides overrides;

  Pair() : overrides(board, outputs()) { board.configure(test::shop(), ids, at({})); }
  Overrides::Outputs outputs() {
    return {[this](BackendId id, const Availability& availability) { told.emplace_back(id, availability); },
            [this](const std::string& key, const std::string& value) { table[key] = value; },
            [this](const std::string& key) { table.erase(key); },
            [this](std::string_view event, const std::string& subject, const std::string& cause) {
              events.push_back(std::string(event) + " " + subject + " " + cause);
            }};
  }
};

wire::Entry entry(const std::string& key, const std::string& value, bool deleted = false) {
  wire::Entry result;
  result.table = "overrides";
  result.key = key;
  result.value = value;
  result.deleted = deleted;
  return result;
}

}  // namespace

TEST_CASE_FIXTURE(Pair, "an operator drains: workers, table and event log hear of it once") {
  REQUIRE(overrides.drain("shop", "s1"));
  CHECK(overrides.drain("shop", "s1").has_value());
  REQUIRE(told.size() == 1);
  CHECK(told[0].second.draining);
  CHECK(table.count("shop/s1") == 1);
  CHECK(events == std::vector<std::string>{"override shop/s1 operator: drain"});
  REQUIRE(overrides.enable("shop", "s1"));
  CHECK(table.empty());
  CHECK_FALSE(told.back().second.draining);
}

TEST_CASE_FIXTURE(Pair, "enable keeps the weight; the configured weight ends its override") {
  REQUIRE(overrides.weight("shop", "s2", 10));
  REQUIRE(overrides.drain("shop", "s2"));
  REQUIRE(overrides.enable("shop", "s2"));
  CHECK(board.find("shop", "s2")->availability().weight == 10);
  REQUIRE(overrides.weight("shop", "s2", 3));
  CHECK(board.find("shop", "s2")->override.empty());
  CHECK(table.empty());
}

TEST_CASE_FIXTURE(Pair, "what does not exist is named") {
  CHECK(overrides.drain("shop", "s9").error().message == "target group shop has no backend s9");
  CHECK(overrides.drain("nope", "s1").error().message == "there is no target group nope");
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(Pair, "the peer's override applies here and is not put back") {
  overrides.entry(entry("shop/s1", R"({"admin":"drain","weight":4})"));
  CHECK(board.find("shop", "s1")->availability() ==
        Availability{Availability::Health::unknown, true, 4});
  CHECK(told.size() == 1);
  CHECK(table.empty());
  overrides.entry(entry("shop/s1", "", true));
  CHECK(board.find("shop", "s1")->override.empty());
  CHECK(told.size() == 2);
  overrides.entry(entry("shop/unknown", R"({"admin":"drain"})"));
  CHECK(told.size() == 2);
  CHECK(overrides.ignored() == 0);
}

TEST_CASE_FIXTURE(Pair, "garbage in the table is counted and changes nothing") {
  overrides.entry(entry("shop/s1", "garbage"));
  overrides.entry(entry("shop", R"({"admin":"drain"})"));
  CHECK(overrides.ignored() == 2);
  CHECK(told.empty());
}
