// Whatever stands in the file, loading ends quickly, with an explanation and without a crash.
#include <algorithm>
#include <random>

#include "common/config/document.hpp"
#include "support.hpp"

using namespace tandem;
using namespace tandem::config;

namespace {

/// One to four random edits: bytes replaced, removed, doubled, or swapped with another place.
std::string mutate(std::string text, std::mt19937& random) {
  static constexpr std::string_view bytes = "{}[]:,\"\\/*0-9.eE \n\t\xff\x01true";
  for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
    const std::size_t at = random() % text.size();
    const std::size_t length = std::min<std::size_t>(1 + random() % 20, text.size() - at);
    switch (random() % 4) {
      case 0: text[at] = bytes[random() % bytes.size()]; break;
      case 1: text.erase(at, std::min(length, text.size() - 1)); break;
      case 2: text.insert(at, text.substr(at, length)); break;
      default: text.insert(random() % text.size(), text.substr(at, length)); break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("mutated texts are loaded or explained, never a crash") {
  const std::string examples[] = {read_example("tandem.json"), read_example("pair.json")};
  std::size_t refused = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string text = mutate(examples[seed % 2], random);
    const LoadOutcome outcome = load(text, "t");
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const Diagnostic& diagnostic : outcome.diagnostics) {
      CHECK(diagnostic.line >= 1);
      CHECK(diagnostic.line <= lines);
      CHECK_FALSE(diagnostic.message.empty());
    }
    if (!outcome.diagnostics.empty()) ++refused;
  }
  CHECK(refused > 200);  // or the mutations would not reach anything
  CHECK(refused < 400);
}

TEST_CASE("every prefix of a good text is refused") {
  const std::string text = read_example("pair.json");
  const std::size_t end = text.find_last_of('}');
  for (std::size_t size = 0; size <= end; size += 7) {
    CAPTURE(size);
    CHECK(load(text.substr(0, size), "t").diagnostics.size() == 1);
  }
}

TEST_CASE("nesting is bounded") {
  const std::string open(64, '[');
  CHECK(short_form(load(open + std::string(64, ']'), "t").diagnostics) ==
        "1:1: the configuration must be an object {...}, not a list");
  CHECK(short_form(load(open + "[", "t").diagnostics) == "1:65: nested deeper than 64 levels");
  CHECK(load(std::string(1'000'000, '['), "t").diagnostics.size() == 1);
}

TEST_CASE("the number of values is bounded") {
  std::string text = "[0";
  for (std::size_t i = 0; i < max_document_values; ++i) text += ",0";
  const auto diagnostics = load(text + "]", "t").diagnostics;
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message == "more than 1000000 values in one file");
}

TEST_CASE("the size is bounded") {
  const std::string text(max_document_bytes + 1, ' ');
  CHECK(short_form(load(text, "t").diagnostics) == "1:1: larger than 16 MiB");
}

TEST_CASE("a NUL byte does not hide what follows it") {
  const std::string text = std::string("{ \"version\": 1 }\n") + '\0' + "garbage";
  CHECK(short_form(load(text, "t").diagnostics) == "2:1: a NUL byte; this is not a text file");
}

TEST_CASE("of very many mistakes the first thousand are shown, and the rest counted") {
  std::string text = "{ \"version\": 1";
  for (int i = 0; i < 5000; ++i) text += ",\n\"key" + std::to_string(i) + "\": 1";
  const auto diagnostics = load(text + " }", "t").diagnostics;
  REQUIRE(diagnostics.size() == 1001);
  CHECK(diagnostics.front().path == "key0");
  CHECK(diagnostics.back().message == "and 4000 more mistakes, which are not shown");
}

TEST_CASE("a list has at most 10000 items") {
  std::string text = R"({ "version": 1, "virtual_addresses": [0)";
  for (int i = 0; i < 10'000; ++i) text += ",0";
  const auto diagnostics = load(text + "] }", "t").diagnostics;
  REQUIRE_FALSE(diagnostics.empty());
  CHECK(diagnostics[0].to_string() ==
        "t:1:38: virtual_addresses: has 10001 items; at most 10000 are possible");
}

TEST_CASE("a listener sets at most 10000 headers") {
  std::string headers = "\"X\": \"1\"";
  for (int i = 0; i < 10'000; ++i) headers += ",\"X" + std::to_string(i) + "\":\"1\"";
  const auto text = listener("\"request_headers\": { \"set\": {" + headers + "} }");
  CHECK(short_form(load(text, "t").diagnostics) ==
        "3:29: listeners[0].request_headers.set: more than 10000 headers");
}

TEST_CASE("long and binary words are shown cut and escaped") {
  const std::string word(10'000, 'x');
  const auto diagnostics = load("{ \"version\": 1, \"" + word + "\\u0007\": 1 }", "t").diagnostics;
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message == "unknown key \"" + word.substr(0, 60) + "...\"");
}
