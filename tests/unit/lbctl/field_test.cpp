#include "lbctl/render/field.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace tandem;
using namespace tandem::ctl;
using Json = nlohmann::ordered_json;

TEST_CASE("text that could control a terminal cannot") {
  CHECK(printable("plain, and UTF-8: é €") == "plain, and UTF-8: é €");
  CHECK(printable("\x1b[31mred\x07\n\x7f") == "?[31mred???");
  CHECK(printable("\xc2\x9b" "31m") == "??31m");
  CHECK(printable("\xc2") == "\xc2");
}

TEST_CASE("a field of any type becomes text, a missing one what stands for it") {
  const Json json = Json::parse(R"({"s": "a\u001b", "n": -5, "f": 1.5, "t": true, "null": null, "o": {"x": 1}})");
  CHECK(text_field(json, "s") == "a?");
  CHECK(text_field(json, "n") == "-5");
  CHECK(text_field(json, "f") == "1.5");
  CHECK(text_field(json, "t") == "yes");
  CHECK(text_field(json, "null") == "-");
  CHECK(text_field(json, "o") == R"({"x":1})");
  CHECK(text_field(json, "none", "nobody") == "nobody");
  CHECK(text_field(Json(3), "s") == "-");
  CHECK(number_field(json, "s", 7) == 7);
  CHECK(number_field(json, "f", 7) == 7);
  CHECK(milliseconds_field(json, "f") == "2 ms");
  CHECK(milliseconds_field(json, "s") == "-");
  CHECK(bool_field(json, "n") == false);
  CHECK(elements(json, "o").empty());
  CHECK(member(Json::array(), "x").is_null());
}

TEST_CASE("ages in the two largest units") {
  using namespace std::chrono;
  CHECK(age_text(milliseconds(-5)) == "0ms");
  CHECK(age_text(milliseconds(850)) == "850ms");
  CHECK(age_text(seconds(12)) == "12s");
  CHECK(age_text(seconds(185)) == "3m5s");
  CHECK(age_text(hours(2) + minutes(13) + seconds(59)) == "2h13m");
  CHECK(age_text(hours(124)) == "5d4h");
}

TEST_CASE("an age out of JSON: only a time in the past is one") {
  const TimePoint now{std::chrono::seconds(100)};
  CHECK(age_field(Json{{"since_ns", 40'000'000'000}}, "since_ns", now) == "1m0s");
  CHECK(age_field(Json{{"since_ns", 200'000'000'000}}, "since_ns", now) == "0ms");
  CHECK(age_field(Json{{"since_ns", "yesterday"}}, "since_ns", now) == "-");
  CHECK(age_field(Json{{"since_ns", 1.5}}, "since_ns", now) == "-");
  CHECK(age_field(Json{{"since_ns", std::numeric_limits<std::uint64_t>::max()}}, "since_ns", now) == "0ms");
  CHECK(age_field(Json::object(), "since_ns", now) == "-");
}
