#include "lbctl/render/table.hpp"

#include <doctest/doctest.h>

using namespace tandem::ctl;

TEST_CASE("columns line up by characters; numbers align to the right; no line ends in spaces") {
  const std::string table = render_table({"NAME", "N", "WHY"}, {{"a", "5", ""}, {"größer", "1000", "x"}}, false);
  CHECK(table ==
        "NAME       N  WHY\n"
        "a          5\n"
        "größer  1000  x\n");
}

TEST_CASE("colour changes nothing but the colour") {
  const std::string colored = render_table({"S"}, {{Cell("up", Tone::good)}, {Cell("down", Tone::bad)}}, true);
  CHECK(colored.find("\x1b[32mup\x1b[0m") != std::string::npos);
  CHECK(render_table({"S"}, {{Cell("up", Tone::good)}}, false) == "S\nup\n");
  CHECK(toned("", Tone::bad, true).empty());
  CHECK(toned("x", Tone::plain, true) == "x");
}
