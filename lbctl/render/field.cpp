#include "lbctl/render/field.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace tandem::ctl {

using Json = nlohmann::ordered_json;

std::string printable(std::string_view text) {
  std::string clean(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    // U+0080 to U+009F, C2 80 to C2 9F in UTF-8, control terminals just as well.
    const bool c1 = byte == 0xc2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(clean[i + 1]) < 0xa0;
    if (c1) clean[i + 1] = '?';
    if (c1 || byte < 0x20 || byte == 0x7f) clean[i] = '?';
  }
  return clean;
}

const Json& member(const Json& object, std::string_view name) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string text_field(const Json& object, std::string_view name, std::string_view missing) {
  const Json& value = member(object, name);
  if (value.is_null()) return std::string(missing);
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::int64_t number_field(const Json& object, std::string_view name, std::int64_t missing) {
  const Json& value = member(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : missing;
}

std::string milliseconds_field(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  return value.is_number() ? fmt::format("{:.0f} ms", value.get<double>()) : "-";
}

bool bool_field(const Json& object, std::string_view name, bool missing) {
  const Json& value = member(object, name);
  return value.is_boolean() ? value.get<bool>() : missing;
}

std::vector<Json> elements(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  if (!value.is_array()) return {};
  return {value.begin(), value.end()};
}

std::string age_text(Duration age) {
  using namespace std::chrono;
  const auto in_seconds = duration_cast<seconds>(age).count();
  const auto in_milliseconds = duration_cast<milliseconds>(age).count();
  if (in_seconds < 10) return fmt::format("{}ms", std::max<std::int64_t>(0, in_milliseconds));
  if (in_seconds < 60) return fmt::format("{}s", in_seconds);
  if (in_seconds < 3600) return fmt::format("{}m{}s", in_seconds / 60, in_seconds % 60);
  if (in_seconds < 86400) return fmt::format("{}h{}m", in_seconds / 3600, in_seconds / 60 % 60);
  return fmt::format("{}d{}h", in_seconds / 86400, in_seconds / 3600 % 24);
}

std::string age_field(const Json& object, std::string_view name, TimePoint now) {
  const Json& value = member(object, name);
  if (!value.is_number_integer()) return "-";
  const std::int64_t then = value.get<std::int64_t>();
  // A time that is not in the past is not an age: the daemon may be of another boot or namespace.
  if (then < 0 || then > now.time_since_epoch().count()) return age_text({});
  return age_text(now.time_since_epoch() - Duration(then));
}

}  // namespace tandem::ctl
