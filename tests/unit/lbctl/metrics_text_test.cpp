#include "lbctl/metrics_text.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "common/metrics/text.hpp"

using namespace tandem::ctl;
using Json = nlohmann::ordered_json;

TEST_CASE("what the metrics writer writes is read back") {
  tandem::metrics::MetricsText text;
  text.counter("requests_total", "Requests.", 18, {{"backend", "a\"b\\c\nd"}, {"group", "x,y}="}});
  text.gauge("load", "Load.", 0.25);
  text.gauge("nothing", "NaN.", std::numeric_limits<double>::quiet_NaN());
  const Json samples = parse_metrics(text.str());
  CHECK(samples == Json::parse(R"([
    {"name": "requests_total", "labels": {"backend": "a\"b\\c\nd", "group": "x,y}="}, "value": 18},
    {"name": "load", "labels": {}, "value": 0.25},
    {"name": "nothing", "labels": {}, "value": "NaN"}])"));
}

TEST_CASE("lines that are no samples are skipped") {
  for (const char* line : {"", "#", "name", "name{", "name{a", "name{a=", "name{a=\"", "name{a=\"b\"", "name{a=\"b\"}",
                           "name{a=\"b\"}1", "name{a=b} 1", "{", "{} "}) {
    CAPTURE(line);
    CHECK(parse_metrics(line).size() <= 1);
    CHECK(parse_metrics(std::string(line) + "\nup 1\n").back()["name"] == "up");
  }
}
