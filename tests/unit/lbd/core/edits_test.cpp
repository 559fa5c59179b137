#include "lbd/core/http1/edits.hpp"

#include <doctest/doctest.h>

using namespace tandem;
using namespace tandem::lbd::http1;

TEST_CASE("edits are compiled") {
  config::HeaderEdits config;
  config.set = {{"X-Edge", "tandem"}, {"Host", "inner.example:81"}};
  config.add = {{"X-Edge", "two"}};
  config.remove = {"Server", "X-Internal"};
  const auto compiled = CompiledEdits::compile(config);
  REQUIRE(compiled);
  CHECK(compiled->lines() == "X-Edge: tandem\r\nHost: inner.example:81\r\nX-Edge: two\r\n");
  CHECK(compiled->removes(FieldId::server, "Server"));
  CHECK(compiled->removes(FieldId::host, "Host"));
  CHECK(compiled->removes(FieldId::other, "x-INTERNAL"));
  CHECK(compiled->removes(FieldId::other, "x-edge"));
  CHECK_FALSE(compiled->removes(FieldId::other, "x-edg"));
  CHECK_FALSE(compiled->removes(FieldId::via, "Via"));
  CHECK_FALSE(compiled->empty());
  CHECK(CompiledEdits::compile({})->empty());
  CHECK_FALSE(CompiledEdits::compile({{}, {}, {"Server"}})->empty());
}

TEST_CASE("edits that could break a message are refused") {
  using Edits = config::HeaderEdits;
  const Edits bad[] = {
      {{{"", "x"}}, {}, {}},
      {{{"X Y", "x"}}, {}, {}},
      {{{"X", "a\r\nY: b"}}, {}, {}},
      {{{"X", std::string("a\0b", 3)}}, {}, {}},
      {{}, {{"X:", "x"}}, {}},
      {{}, {}, {"X\n"}},
      {{{"Content-Length", "5"}}, {}, {}},
      {{}, {{"transfer-encoding", "chunked"}}, {}},
      {{}, {}, {"Connection"}},
      {{}, {}, {"Host"}},
      {{}, {{"Host", "a"}}, {}},
      {{{"Host", "a b"}}, {}, {}},
      {{{"Host", "a"}, {"host", "b"}}, {}, {}},
      {{{"X-A", "a"}, {"x-a", "b"}}, {}, {}},
  };
  for (const Edits& edits : bad) {
    const auto compiled = CompiledEdits::compile(edits);
    CHECK_FALSE(compiled);
    if (!compiled) CHECK_FALSE(compiled.error().message.empty());
  }
}
