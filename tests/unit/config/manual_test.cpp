// The manual's defaults are the model's, its examples load, and it knows every key.
#include "common/config/manual.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "common/config/json_schema.hpp"
#include "common/config/schema.hpp"
#include "support.hpp"

using namespace tandem::config;
using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

namespace {

// One of everything, and two of what has alternatives that exclude each other.
constexpr const char* complete = R"({
  "$schema": "x", "version": 1,
  "cluster": { "name": "c", "nodes": [
    { "name": "lb1", "address": "192.0.2.11", "sync_address": "198.51.100.1" },
    { "name": "lb2", "address": "192.0.2.12", "sync_address": "198.51.100.2" } ],
    "sync": {}, "witnesses": ["192.0.2.1"] },
  "virtual_addresses": [ { "name": "v", "addresses": ["192.0.2.100/24"], "interface": "eth0",
                           "vrid": 1, "preferred_node": "lb1", "track": [
    { "interface": "eth1" }, { "route": "0.0.0.0/0" }, { "witness": "192.0.2.1" }, { "file": "/f" },
    { "script": ["/s"], "interval": "10s" } ] } ],
  "certificates": [ { "name": "shop", "cert_file": "c", "key_file": "k" } ],
  "listeners": [ { "name": "l", "port": 443, "default_target_group": "shop",
    "request_headers": {}, "response_headers": {},
    "rules": [
      { "name": "r", "priority": 1, "conditions": [
          { "header": { "name": "n", "values": ["v"] } }, { "query": { "name": "n", "values": ["v"] } },
          { "cookie": { "name": "n", "values": ["v"] } } ],
        "target_groups": [ { "name": "shop" } ] },
      { "name": "s", "priority": 2, "conditions": [], "redirect": { "scheme": "https" } } ] } ],
  "target_groups": [
    { "name": "shop", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ],
      "health_check": { "type": "http" }, "outlier_detection": {}, "sticky": {} },
    { "name": "api", "backends": [ { "name": "b", "address": "10.0.0.1:80" } ],
      "health_check": {}, "sticky": { "type": "source" } } ],
  "timeouts": {}, "limits": {}, "admin": {}, "log": {}
})";

// Calls `visit` with every object of the document and its table.
using Visit = std::function<void(const ObjectSpec&, const Pointer&)>;

void walk(const ObjectSpec& object, const Json& document, const Pointer& place, const Visit& visit) {
  visit(object, place);
  for (const KeySpec& key : object.keys) {
    const Pointer below = place / std::string(key.name);
    if (key.object == nullptr || !document.contains(below)) continue;
    if (!key.list) {
      walk(*key.object, document, below, visit);
      continue;
    }
    for (std::size_t i = 0; i < document[below].size(); ++i) {
      walk(*key.object, document, below / i, visit);
    }
  }
}

// The keys of one kind that exclude each other, so that `key` may stand in `place`.
bool fits(const ObjectSpec& object, std::string_view key, const Json& holder) {
  if (&object == &condition_object) return holder.contains(key);
  if (&object == &track_object) {
    const auto kinds = names_of(TrackConfig::Kind{});
    return std::find(kinds.begin(), kinds.end(), key) == kinds.end() || holder.contains(key);
  }
  if (&object == &sticky_object) {
    const bool source = holder.contains("type");
    return key == "type" || key == "ttl" || (key == "max_entries") == source;
  }
  if (&object == &health_check_object) {
    const bool http_only = key == "path" || key == "host" || key == "expect_status";
    return !http_only || holder.contains("type");
  }
  if (&object == &rule_object) {
    return key == "name" || key == "priority" || key == "conditions" || holder.contains(key);
  }
  return true;
}

// What refers to names or excludes a neighbour is not the fault of a value that stands alone.
bool about_neighbours(const std::string& message) {
  for (const char* words : {"unknown ", "duplicate ", "two nodes", "only ", "cannot have", "does not hash",
                            "no other virtual address"}) {
    if (message.find(words) != std::string::npos && message.find("unknown key") == std::string::npos) return true;
  }
  return false;
}

std::string path_of(const Pointer& pointer) {
  std::string path;
  std::string text = pointer.to_string();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('/', at + 1), text.size());
    const std::string token = text.substr(at + 1, end - at - 1);
    const bool number = token.find_first_not_of("0123456789") == std::string::npos;
    path += number ? "[" + token + "]" : (path.empty() ? token : "." + token);
    at = end;
  }
  return path;
}

}  // namespace

TEST_CASE("the manual knows every key of every table, and no other") {
  std::set<const ObjectSpec*> seen;
  const Json document = Json::parse(complete);
  walk(root_object, document, Pointer(), [&](const ObjectSpec& object, const Pointer&) {
    seen.insert(&object);
    CAPTURE(object.name);
    CHECK(manual_of(object).size() == object.keys.size());
    for (const KeySpec& key : object.keys) {
      CAPTURE(key.name);
      const KeyManual* manual = manual_of(object, key.name);
      REQUIRE(manual != nullptr);
      CHECK_FALSE(manual->example.empty());
      if (key.required) CHECK(manual->default_value.empty());
    }
  });
  CHECK(seen.size() == 23);
}

TEST_CASE("a default that stands in the file changes nothing") {
  const Json document = Json::parse(complete);
  std::size_t compared = 0;
  walk(root_object, document, Pointer(), [&](const ObjectSpec& object, const Pointer& place) {
    for (const KeyManual& manual : manual_of(object)) {
      const KeySpec& key = *object.find(manual.key);
      if (manual.default_value.empty() || !fits(object, manual.key, document[place])) continue;
      if (key.type == ValueType::object || manual.default_value == "[]") continue;
      Json without = document;
      without[place].erase(std::string(manual.key));
      Json with = document;
      with[place][std::string(manual.key)] = Json::parse(manual.default_value);
      CAPTURE(path_of(place / std::string(manual.key)));
      const LoadOutcome stated = load(with.dump(), "t");
      CHECK(stated.config == load(without.dump(), "t").config);
      CHECK(short_form(stated.diagnostics) == short_form(load(without.dump(), "t").diagnostics));
      ++compared;
    }
  });
  CHECK(compared > 40);
}

TEST_CASE("a default that is empty, and an object that is left out, change nothing") {
  for (const char* key : {"timeouts", "limits", "admin", "log", "virtual_addresses", "certificates",
                          "listeners", "target_groups"}) {
    CAPTURE(key);
    const std::string value(manual_of(root_object, key)->default_value);
    CHECK(load_valid(root("\"" + std::string(key) + "\": " + value)) == load_valid(R"({"version": 1})"));
  }
}

TEST_CASE("every example is a value that its key takes") {
  const Json document = Json::parse(complete);
  std::size_t tried = 0;
  walk(root_object, document, Pointer(), [&](const ObjectSpec& object, const Pointer& place) {
    for (const KeyManual& manual : manual_of(object)) {
      const Json example = Json::parse(manual.example, nullptr, false);
      if (example.is_discarded() || !fits(object, manual.key, document[place])) continue;
      Json changed = document;
      changed[place][std::string(manual.key)] = example;
      const std::string path = path_of(place / std::string(manual.key));
      for (const Diagnostic& diagnostic : load(changed.dump(), "t").diagnostics) {
        CAPTURE(short_form(diagnostic));
        const bool dangling = about_neighbours(diagnostic.message);
        CHECK((dangling || diagnostic.path.rfind(path, 0) != 0));
      }
      ++tried;
    }
  });
  CHECK(tried > 80);
}

TEST_CASE("the JSON schema describes every key with its default and example") {
  const Json schema = Json::parse(json_schema());
  CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  CHECK(schema["definitions"].size() == 22);
  CHECK(schema["required"] == Json::array({"version"}));
  const Json& address = schema["definitions"]["virtual_address"];
  CHECK(address["additionalProperties"] == false);
  CHECK(address["properties"]["advert_interval"]["default"] == "100ms");
  CHECK(address["properties"]["vrid"]["maximum"] == 255);
  CHECK(address["properties"]["vrid"]["examples"][0] == 51);
  CHECK(schema["definitions"]["redirect"]["properties"]["status"]["enum"] == Json::array({301, 302, 303, 307, 308}));
}

TEST_CASE("the file may name its schema") {
  CHECK(load_valid(R"({"$schema": "file:///x.json", "version": 1})") == load_valid(R"({"version": 1})"));
  CHECK_FALSE(load(R"({"$schema": 1, "version": 1})", "t").diagnostics.empty());
}
