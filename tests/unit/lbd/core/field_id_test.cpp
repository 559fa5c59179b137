#include "lbd/core/http1/field_id.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>

using namespace tandem::lbd::http1;

TEST_CASE("every known name is recognised in every case, and nothing near it") {
  for (std::size_t i = 1; i < field_id_count; ++i) {
    const auto id = static_cast<FieldId>(i);
    const std::string name(field_name(id));
    CAPTURE(name);
    REQUIRE_FALSE(name.empty());
    CHECK(recognise_field(name) == id);
    std::string other = name;
    std::transform(other.begin(), other.end(), other.begin(), [](unsigned char c) { return std::toupper(c); });
    CHECK(recognise_field(other) == id);
    std::transform(other.begin(), other.end(), other.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK(recognise_field(other) == id);
    for (std::size_t at = 0; at < name.size(); ++at) {
      std::string changed = name;
      changed[at] = changed[at] == 'q' ? 'j' : 'q';
      CHECK(recognise_field(changed) == FieldId::other);
      CHECK(recognise_field(name.substr(0, at)) == FieldId::other);
    }
    CHECK(recognise_field(name + "x") == FieldId::other);
  }
  CHECK(recognise_field("") == FieldId::other);
  CHECK(recognise_field("x") == FieldId::other);
  CHECK(field_name(FieldId::other).empty());
}

TEST_CASE("sets of fields") {
  FieldSet set(FieldId::via, FieldId::other);
  CHECK(set.has(FieldId::via));
  CHECK(set.has(FieldId::other));
  CHECK_FALSE(set.has(FieldId::host));
  CHECK(set.has_any(FieldSet(FieldId::host, FieldId::via)));
  CHECK_FALSE(set.has_any(FieldSet(FieldId::host, FieldId::te)));
  set.remove(FieldId::via);
  set.remove(FieldId::other);
  CHECK(set.empty());
}
