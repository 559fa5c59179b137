#include "common/config/json_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/config/manual.hpp"
#include "common/config/schema.hpp"

namespace tandem::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* address_pattern = "^[0-9A-Fa-f:.]+$";
constexpr const char* prefix_pattern = "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
constexpr const char* endpoint_pattern = R"(^([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$)";
constexpr const char* status_ranges_pattern =
    "^ *[1-5][0-9]{2}(-[1-5][0-9]{2})? *(, *[1-5][0-9]{2}(-[1-5][0-9]{2})? *)*$";

/// "a listener" becomes "listener", "header edits" "header_edits".
std::string definition_name(const ObjectSpec& object) {
  std::string name(object.name);
  for (const std::string_view article : {"a ", "an ", "the "}) {
    if (name.starts_with(article)) name.erase(0, article.size());
  }
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Json pattern(const char* expression) { return {{"type", "string"}, {"pattern", expression}}; }

Json integer_schema(const KeySpec& key) {
  if (key.choices.empty()) {
    return {{"type", "integer"}, {"minimum", key.min}, {"maximum", key.max}};
  }
  Json numbers = Json::array();
  for (const std::string_view choice : key.choices) {
    numbers.push_back(Json::parse(choice));
  }
  return {{"enum", std::move(numbers)}};
}

Json one_of_types(Json number, Json text) {
  return {{"anyOf", Json::array({std::move(number), std::move(text)})}};
}

/// One value of the key; of a list, one item.
Json value_schema(const KeySpec& key) {
  switch (key.type) {
    case ValueType::boolean: return {{"type", "boolean"}};
    case ValueType::integer: return integer_schema(key);
    case ValueType::duration: return pattern("^[0-9]+(ms|s|m|h|d)$");
    case ValueType::size: return one_of_types(integer_schema(key), pattern("^[0-9]+(B|KiB|MiB|GiB)$"));
    // Bytes are bounded by the file, characters by the schema: never more characters than bytes.
    case ValueType::text:
      return {{"type", "string"}, {"minLength", key.min > 0 ? 1 : 0}, {"maxLength", key.max}};
    case ValueType::name: return pattern("^[A-Za-z0-9._-]{1,64}$");
    case ValueType::choice: return {{"enum", key.choices}};
    case ValueType::address: return pattern(address_pattern);
    case ValueType::listen_address: return one_of_types(pattern(address_pattern), {{"const", "*"}});
    case ValueType::endpoint: return pattern(endpoint_pattern);
    case ValueType::host: return one_of_types(pattern(address_pattern), pattern(endpoint_pattern));
    case ValueType::prefix: return pattern(prefix_pattern);
    case ValueType::status_ranges:
      return one_of_types({{"type", "integer"}, {"minimum", 100}, {"maximum", 599}},
                          pattern(status_ranges_pattern));
    case ValueType::header_map:
      return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case ValueType::object: return {{"$ref", "#/definitions/" + definition_name(*key.object)}};
  }
  return {};
}

Json list_schema(const KeySpec& key) {
  Json list = {{"type", "array"}, {"items", value_schema(key)}, {"maxItems", longest_list}};
  if (key.at_least > 0) list["minItems"] = key.at_least;
  if (!key.or_single) return list;
  return {{"anyOf", Json::array({value_schema(key), std::move(list)})}};
}

/// What an editor shows: "time between adverts; steps of 10ms: a duration from 10ms to 40s".
std::string description(const KeySpec& key) {
  std::string text(key.meaning);
  if (key.type != ValueType::object) text += ": " + describe(key);
  return text;
}

Json key_schema(const ObjectSpec& object, const KeySpec& key) {
  Json schema = {{"description", description(key)}};
  if (const KeyManual* manual = manual_of(object, key.name)) {
    if (!manual->default_value.empty()) schema["default"] = Json::parse(manual->default_value);
    const Json example = Json::parse(manual->example, nullptr, false);
    if (!example.is_discarded()) schema["examples"] = Json::array({example});
  }
  Json value = key.list ? list_schema(key) : value_schema(key);
  // Beside "$ref" a validator of draft 7 looks at nothing else, and editors show no description.
  if (value.contains("$ref")) {
    schema["allOf"] = Json::array({std::move(value)});
  } else {
    schema.update(value);
  }
  return schema;
}

Json object_schema(const ObjectSpec& object) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const KeySpec& key : object.keys) {
    properties[std::string(key.name)] = key_schema(object, key);
    if (key.required) required.push_back(key.name);
  }
  Json schema = {{"type", "object"},
                 {"properties", std::move(properties)},
                 {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (&object == &condition_object) {
    schema["minProperties"] = 1;
    schema["maxProperties"] = 1;
  }
  return schema;
}

void define(const ObjectSpec& object, Json& definitions, std::set<const ObjectSpec*>& seen) {
  for (const KeySpec& key : object.keys) {
    if (key.object == nullptr || !seen.insert(key.object).second) continue;
    definitions[definition_name(*key.object)] = object_schema(*key.object);
    define(*key.object, definitions, seen);
  }
}

}  // namespace

std::string json_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "tandem.json"},
                 {"description", "The configuration of a Tandem load balancer: tandem.json(5)"},
                 // For editors of the VS Code family: this is JSON with comments.
                 {"allowComments", true},
                 {"allowTrailingCommas", false}};
  schema.update(object_schema(root_object));
  Json definitions = Json::object();
  std::set<const ObjectSpec*> seen;
  define(root_object, definitions, seen);
  schema["definitions"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace tandem::config
