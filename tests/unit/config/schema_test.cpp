// The tables are what a manual or an editor schema is made of: they must be complete.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "common/config/schema.hpp"

using namespace tandem::config;

namespace {

void check_key(const KeySpec& key) {
  CAPTURE(key.name);
  CHECK_FALSE(key.meaning.empty());
  CHECK_FALSE(describe(key).empty());
  CHECK((key.type == ValueType::object) == (key.object != nullptr));
  CHECK(key.min <= key.max);
  const bool ranged =
      key.type == ValueType::duration || key.type == ValueType::size || key.type == ValueType::text;
  if (ranged) CHECK(key.max > 0);
  if (key.type == ValueType::choice) CHECK_FALSE(key.choices.empty());
  if (key.or_single || key.at_least > 0) CHECK(key.list);
}

void visit(const ObjectSpec& object, std::set<const ObjectSpec*>& seen) {
  if (!seen.insert(&object).second) return;
  CAPTURE(object.name);
  CHECK_FALSE(object.name.empty());
  CHECK_FALSE(object.keys.empty());
  std::set<std::string_view> names;
  for (const KeySpec& key : object.keys) {
    CHECK(names.insert(key.name).second);
    CHECK(object.find(key.name) == &key);
    check_key(key);
    if (key.object != nullptr) visit(*key.object, seen);
  }
  CHECK(object.find("no such key") == nullptr);
}

}  // namespace

TEST_CASE("every table is reachable from the root and complete") {
  std::set<const ObjectSpec*> seen;
  visit(root_object, seen);
  CHECK(seen.size() == 23);
}

TEST_CASE("values are described for the operator") {
  CHECK(describe(*listener_object.find("port")) == "a whole number from 1 to 65535");
  CHECK(describe(*virtual_address_object.find("advert_interval")) == "a duration from 10ms to 40s");
  CHECK(describe(*limits_object.find("head_bytes")) == "a size from 4KiB to 1MiB");
  CHECK(describe(*redirect_object.find("status")) == "one of 301, 302, 303, 307, 308");
  CHECK(describe(*sticky_object.find("type")) == "one of \"cookie\", \"source\"");
  CHECK(describe(*root_object.find("version")) == "1");
}
